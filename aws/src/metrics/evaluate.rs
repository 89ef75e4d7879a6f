//! One signal judged: what it says about the window, and since when it has been quiet.

use jiff::Timestamp;
use stack::{Elapsed, Span};

use super::Signal;
use super::query::Answer;

/// Basic monitoring writes every five minutes; a finer period would only make holes.
const FINEST: i64 = 300;

/// How far back is asked at least. A metric costs the same however long the time is, and the longer it is the better is
/// known since when nothing happened.
const LOOK_BACK: i64 = 24 * 3600;

/// Points that may be missing at the beginning of a window.
const LATE: i64 = 2;

/// Points of one series: with them 350 series fit into one call.
const POINTS: i64 = 288;

/// The service keeps points of five minutes for 63 days, after that only those of an hour.
const KEPT_FINE: i64 = 63 * 24 * 3600;
const COARSE: i64 = 3600;

/// The times that are looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// How far back a use counts.
    pub(super) window: Span,
    /// The beginning, on the edge of a period.
    pub(super) from: Timestamp,
    /// Now.
    pub(super) to: Timestamp,
    /// Seconds of one point.
    pub(super) period: i64,
}

/// What a signal says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Judged {
    /// Over the window; `None`: not known.
    pub(super) value: Option<f64>,
    /// Since when it has been quiet; `None` when it is not, or not known to be.
    pub(super) quiet_since: Option<Timestamp>,
    /// Why there is no value.
    pub(super) why_not: Option<String>,
}

impl Look {
    pub(super) fn new(window: Span, now: Timestamp) -> Self {
        let back = seconds(window).max(LOOK_BACK);
        let unit = if back > KEPT_FINE { COARSE } else { FINEST };
        let period = ((back - 1) / POINTS / unit + 1) * unit;
        let from = (now.as_second() - back).div_euclid(period) * period;
        Self {
            window,
            from: Timestamp::from_second(from).unwrap_or(now),
            to: now,
            period,
        }
    }

    /// Judges the answer about a resource that was created then.
    pub(super) fn judge(
        &self,
        signal: &Signal,
        created: Option<Timestamp>,
        answer: &Answer,
    ) -> Judged {
        let value = self.over_window(signal, answer);
        // A use is a use, however young the resource and however incomplete the answer.
        if value.is_some_and(|value| value >= signal.threshold_over(self.window)) {
            return Judged {
                value,
                ..Judged::default()
            };
        }
        if let Some(why) = &answer.incomplete {
            return unknown(why.clone());
        }
        let enough = self.old_enough(signal, created, answer);
        if let Err(why) = enough.and_then(|()| self.heard_throughout(signal, answer)) {
            return unknown(why);
        }
        match value.or(signal.silence_is_zero.then_some(0.0)) {
            None => unknown("no data".to_owned()),
            value => Judged {
                value,
                quiet_since: Some(self.quiet_since(signal, created, answer)),
                why_not: None,
            },
        }
    }

    /// Whether the resource has stood for the whole window; else it is too early to call it quiet. One whose age is not
    /// told has to have data from the beginning of the window.
    fn old_enough(
        &self,
        signal: &Signal,
        created: Option<Timestamp>,
        answer: &Answer,
    ) -> Result<(), String> {
        let since = match created {
            Some(created) => created,
            None => {
                let first = answer.points.iter().map(|(at, _)| *at).min();
                let first = first.ok_or_else(|| {
                    if signal.silence_is_zero {
                        "its age is not known".to_owned()
                    } else {
                        "no data".to_owned()
                    }
                })?;
                Timestamp::from_second(first.as_second() - self.period).unwrap_or(first)
            }
        };
        let age = self.to.as_second() - since.as_second();
        if age >= seconds(self.window) {
            return Ok(());
        }
        let age = u64::try_from(age.max(0)).ok().and_then(Span::from_seconds);
        let age = age.map_or_else(|| "less than 1s".to_owned(), |age| age.to_string());
        Err(format!("too young: {age} of {}", self.window))
    }

    /// Whether a signal that is never silent speaks about the window from its beginning. What was started a short while
    /// ago does not, however old it is.
    fn heard_throughout(&self, signal: &Signal, answer: &Answer) -> Result<(), String> {
        let from = self.to.as_second() - seconds(self.window);
        let points = answer.points.iter().map(|(at, _)| at.as_second());
        let first = points.filter(|at| at + self.period > from).min();
        match first {
            Some(first) if !signal.silence_is_zero && first > from + LATE * self.period => {
                let told = u64::try_from(self.to.as_second() - first).ok();
                let told = told.and_then(Span::from_seconds);
                let told = told.map_or_else(|| "a moment".to_owned(), |told| told.to_string());
                Err(format!("data only of {told} of {}", self.window))
            }
            _ => Ok(()),
        }
    }

    /// Since when every window has been below the threshold: the end of the last point that, with what followed it within
    /// a window, was a use. Not before the resource was created, and not before what was looked at.
    fn quiet_since(
        &self,
        signal: &Signal,
        created: Option<Timestamp>,
        answer: &Answer,
    ) -> Timestamp {
        let threshold = signal.threshold_over(self.window);
        let mut points = answer.points.clone();
        points.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        let sums = signal.statistic == "Sum";
        let (mut later, mut sum) = (0, 0.0);
        let last_use = points.iter().find(|(at, value)| {
            if !sums {
                return *value >= threshold;
            }
            sum += value;
            while let Some((last, value)) = points.get(later)
                && last.as_second() > at.as_second() + seconds(self.window)
            {
                sum -= value;
                later += 1;
            }
            sum >= threshold
        });
        let quiet = last_use.map_or(self.from, |(at, _)| {
            Elapsed::from_millis(self.period.unsigned_abs() * 1000).after(*at)
        });
        created.map_or(quiet, |created| quiet.max(created))
    }

    /// What the signal says about the window. A point belongs to it when any of its time does.
    fn over_window(&self, signal: &Signal, answer: &Answer) -> Option<f64> {
        let from = self.to.as_second() - seconds(self.window);
        let within = |at: &Timestamp| at.as_second() + self.period > from;
        let points = answer.points.iter().filter(|(at, _)| within(at));
        let values = points.map(|(_, value)| *value);
        match signal.statistic {
            "Sum" => values.fold(None, |sum, value| Some(sum.unwrap_or(0.0) + value)),
            "Minimum" => values.reduce(f64::min),
            "Average" => {
                let (sum, count) =
                    values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
                (count > 0.0).then_some(sum / count)
            }
            _ => values.reduce(f64::max),
        }
    }
}

fn unknown(why: String) -> Judged {
    Judged {
        value: None,
        quiet_since: None,
        why_not: Some(why),
    }
}

fn seconds(span: Span) -> i64 {
    i64::try_from(span.seconds()).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-03-02T12:00:00Z";

    fn at(text: &str) -> Timestamp {
        format!("2026-03-02T{text}:00Z").parse().unwrap()
    }

    fn signal(statistic: &'static str, threshold: f64, silence_is_zero: bool) -> Signal {
        Signal {
            namespace: "AWS/EC2",
            metric: "any",
            statistic,
            dimensions: Vec::new(),
            threshold,
            silence_is_zero,
        }
    }

    fn judge(signal: &Signal, created: Option<&str>, points: &[(&str, f64)]) -> Judged {
        let look = Look::new(Span::minutes(60), NOW.parse().unwrap());
        let points = points.iter().map(|(time, value)| (at(time), *value));
        look.judge(signal, created.map(at), &Answer::complete(points.collect()))
    }

    /// Missing traffic is none, but only of what is older than the window; a missing gauge is not known.
    #[test]
    fn silence_is_zero_only_for_traffic_of_the_old() {
        let requests = signal("Sum", 1.0, true);
        assert_eq!(judge(&requests, Some("06:00"), &[]).value, Some(0.0));
        let young = judge(&requests, Some("11:50"), &[]);
        assert_eq!(young.value, None);
        assert_eq!(young.why_not.as_deref(), Some("too young: 10m of 1h"));
        let ageless = judge(&requests, None, &[]);
        assert_eq!(ageless.why_not.as_deref(), Some("its age is not known"));
        let cpu = signal("Maximum", 5.0, false);
        assert_eq!(
            judge(&cpu, Some("06:00"), &[]).why_not.as_deref(),
            Some("no data")
        );
    }

    /// The young are in use when they are seen in use, and never idle.
    #[test]
    fn the_young_are_never_idle() {
        let cpu = signal("Maximum", 5.0, false);
        assert_eq!(
            judge(&cpu, Some("11:50"), &[("11:50", 80.0)]).value,
            Some(80.0)
        );
        assert_eq!(judge(&cpu, Some("11:50"), &[("11:50", 1.0)]).value, None);
        assert_eq!(judge(&cpu, None, &[("11:50", 1.0)]).value, None);
        assert_eq!(
            judge(
                &cpu,
                None,
                &[("10:50", 1.0), ("11:05", 1.0), ("11:50", 2.0)]
            )
            .value,
            Some(2.0)
        );
    }

    /// What was started a while ago is as young as its data, unless silence means that there was no traffic.
    #[test]
    fn a_gauge_speaks_from_the_beginning() {
        let points = [
            ("07:00", 1.0),
            ("07:05", 1.0),
            ("11:40", 1.0),
            ("11:45", 1.0),
        ];
        let cpu = signal("Maximum", 5.0, false);
        let judged = judge(&cpu, Some("06:00"), &points);
        assert_eq!(judged.why_not.as_deref(), Some("data only of 20m of 1h"));
        assert_eq!((judged.value, judged.quiet_since), (None, None));
        let requests = signal("Sum", 240.0, true);
        assert_eq!(judge(&requests, Some("06:00"), &points).value, Some(2.0));
    }

    /// A sum is held against the part of its day that the window is; a peak against the threshold itself.
    #[test]
    fn thresholds_of_sums_are_scaled() {
        let hour = Span::minutes(60);
        let network = signal("Sum", 24.0, true);
        assert!((network.threshold_over(hour) - 1.0).abs() < 1e-9);
        assert!((signal("Maximum", 5.0, false).threshold_over(hour) - 5.0).abs() < 1e-9);
        let judged = judge(&network, Some("06:00"), &[("11:20", 0.4), ("11:40", 0.5)]);
        assert_eq!(judged.value, Some(0.9));
        assert!(judged.quiet_since.is_some());
        let judged = judge(&network, Some("06:00"), &[("11:20", 0.6), ("11:40", 0.5)]);
        assert_eq!((judged.value, judged.quiet_since), (Some(1.1), None));
    }

    /// It has been quiet since the end of the last point of use, or since it was created, or as far back as was looked.
    #[test]
    fn quiet_since_the_last_use() {
        let cpu = signal("Maximum", 5.0, false);
        let quiet = [("09:05", 1.0), ("11:00", 2.0), ("11:55", 1.0)];
        let used: Vec<_> = [("09:00", 50.0)].into_iter().chain(quiet).collect();
        assert_eq!(
            judge(&cpu, Some("06:00"), &used).quiet_since,
            Some(at("09:05"))
        );
        assert_eq!(
            judge(&cpu, Some("06:00"), &quiet).quiet_since,
            Some(at("06:00"))
        );
        let look = Look::new(Span::minutes(60), NOW.parse().unwrap());
        let longer = look.judge(
            &cpu,
            "2026-02-01T00:00:00Z".parse().ok(),
            &Answer::complete(vec![(at("11:00"), 1.0)]),
        );
        assert_eq!(longer.quiet_since, Some(look.from));
    }

    /// What is partial, forbidden or failed is not known, unless what was seen is a use.
    #[test]
    fn incomplete_answers_are_not_known() {
        let look = Look::new(Span::minutes(60), NOW.parse().unwrap());
        let cpu = signal("Maximum", 5.0, false);
        let mut answer = Answer::complete(vec![(at("11:30"), 1.0)]);
        answer.incomplete = Some("partial data".to_owned());
        let judged = look.judge(&cpu, Some(at("06:00")), &answer);
        assert_eq!(
            (judged.value, judged.why_not.as_deref()),
            (None, Some("partial data"))
        );
        answer.points.push((at("11:35"), 90.0));
        assert_eq!(
            look.judge(&cpu, Some(at("06:00")), &answer).value,
            Some(90.0)
        );
    }

    /// Periods keep to the service's rules and to the points that one call may have.
    #[test]
    fn periods_keep_to_the_rules() {
        let now: Timestamp = NOW.parse().unwrap();
        for days in [0, 1, 3, 14, 60, 90] {
            let window = Span::minutes(10 + days * 24 * 60);
            let look = Look::new(window, now);
            let span = look.to.as_second() - look.from.as_second();
            let unit = if days > 63 { 3600 } else { 300 };
            assert_eq!(look.period % unit, 0, "{days} d: {}", look.period);
            assert!(
                span / look.period <= POINTS + 1,
                "{days} d: {}",
                look.period
            );
            assert!(span >= seconds(window), "{days} d");
        }
    }
}
