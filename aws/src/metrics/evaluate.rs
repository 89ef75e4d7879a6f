//! Evaluates the data of one signal: its value over the window, and since when it has been quiet.

use jiff::Timestamp;
use stack::Elapsed;

use super::query::MetricData;
use super::window::{MetricWindow, seconds};
use crate::signal::Signal;

/// Points that may be missing at the start of a window.
const MAX_LATE_POINTS: i64 = 2;

/// What a signal shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Evaluation {
    /// The value over the window; `None` if it is unknown.
    pub(super) value: Option<f64>,
    /// Since when the signal has been quiet; `None` if it is not quiet or unknown.
    pub(super) quiet_since: Option<Timestamp>,
    /// Why the value is unknown.
    pub(super) why_unknown: Option<String>,
}

impl MetricWindow {
    /// Evaluates the data of a resource that was created at `created`.
    pub(super) fn evaluate(
        &self,
        signal: &Signal,
        created: Option<Timestamp>,
        data: &MetricData,
    ) -> Evaluation {
        let value = self.value(signal, data);
        // A use counts, however young the resource and however incomplete the data.
        if value.is_some_and(|value| value >= signal.threshold_over(self.window)) {
            return Evaluation {
                value,
                ..Evaluation::default()
            };
        }
        if let Some(why) = &data.incomplete {
            return unknown(why.clone());
        }
        let checked = self.check_age(signal, created, data);
        if let Err(why) = checked.and_then(|()| self.check_start(signal, data)) {
            return unknown(why);
        }
        match value.or(signal.silence_is_zero.then_some(0.0)) {
            None => unknown("no data".to_owned()),
            value => Evaluation {
                value,
                quiet_since: Some(self.quiet_since(signal, created, data)),
                why_unknown: None,
            },
        }
    }

    /// Checks that the resource has existed for the whole window; otherwise it is too young to be
    /// quiet. If its age is unknown, it needs data from the start of the window.
    fn check_age(
        &self,
        signal: &Signal,
        created: Option<Timestamp>,
        data: &MetricData,
    ) -> Result<(), String> {
        let since = match created {
            Some(created) => created,
            None => {
                let first = data
                    .points
                    .iter()
                    .map(|(time, _)| *time)
                    .min()
                    .ok_or_else(|| {
                        if signal.silence_is_zero {
                            "its age is unknown".to_owned()
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
        Err(self.too_little(age))
    }

    /// Checks that a gauge has data from the start of the window. A resource that was started
    /// recently does not, however old it is.
    fn check_start(&self, signal: &Signal, data: &MetricData) -> Result<(), String> {
        let start = self.start();
        let times = data.points.iter().map(|(time, _)| time.as_second());
        let first = times.filter(|time| time + self.period > start).min();
        match first {
            Some(first)
                if !signal.silence_is_zero && first > start + MAX_LATE_POINTS * self.period =>
            {
                Err(self.too_little(self.to.as_second() - first))
            }
            _ => Ok(()),
        }
    }

    /// Says how much of the window there is data for: `not enough data yet (13 of 60 min)`.
    fn too_little(&self, covered: i64) -> String {
        let window = seconds(self.window);
        let (unit, seconds) = if window > 2 * 3600 {
            ("h", 3600)
        } else {
            ("min", 60)
        };
        let (covered, window) = (covered.max(0) / seconds, window / seconds);
        format!("not enough data yet ({covered} of {window} {unit})")
    }

    /// Since when every window has been below the threshold: the end of the last point that was a
    /// use, together with what followed it within a window. Not before the creation of the resource
    /// and the start of the range.
    fn quiet_since(
        &self,
        signal: &Signal,
        created: Option<Timestamp>,
        data: &MetricData,
    ) -> Timestamp {
        let threshold = signal.threshold_over(self.window);
        let mut points = data.points.clone();
        points.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
        let is_sum = signal.statistic == "Sum";
        let (mut later, mut sum) = (0, 0.0);
        let last_use = points.iter().find(|(time, value)| {
            if !is_sum {
                return *value >= threshold;
            }
            sum += value;
            while let Some((last, value)) = points.get(later)
                && last.as_second() > time.as_second() + seconds(self.window)
            {
                sum -= value;
                later += 1;
            }
            sum >= threshold
        });
        let quiet = last_use.map_or(self.from, |(time, _)| {
            Elapsed::from_millis(self.period.unsigned_abs() * 1000).after(*time)
        });
        created.map_or(quiet, |created| quiet.max(created))
    }

    /// The value over the window. A point counts if any of its time is in the window.
    fn value(&self, signal: &Signal, data: &MetricData) -> Option<f64> {
        let start = self.start();
        let values = data
            .points
            .iter()
            .filter(|(time, _)| time.as_second() + self.period > start)
            .map(|(_, value)| *value);
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

fn unknown(why: String) -> Evaluation {
    Evaluation {
        value: None,
        quiet_since: None,
        why_unknown: Some(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stack::Span;

    const NOW: &str = "2026-03-02T12:00:00Z";

    fn time(text: &str) -> Timestamp {
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

    fn hour() -> MetricWindow {
        MetricWindow::new(Span::minutes(60), NOW.parse().unwrap())
    }

    fn evaluate(signal: &Signal, created: Option<&str>, points: &[(&str, f64)]) -> Evaluation {
        let points = points.iter().map(|(start, value)| (time(start), *value));
        let data = MetricData::complete(points.collect());
        hour().evaluate(signal, created.map(time), &data)
    }

    /// No data means no traffic, but only for a resource older than the window; a gauge without
    /// data is unknown.
    #[test]
    fn silence_is_zero_only_for_traffic_of_old_resources() {
        let requests = signal("Sum", 1.0, true);
        assert_eq!(evaluate(&requests, Some("06:00"), &[]).value, Some(0.0));
        let young = evaluate(&requests, Some("11:50"), &[]);
        assert_eq!(young.value, None);
        assert_eq!(
            young.why_unknown.as_deref(),
            Some("not enough data yet (10 of 60 min)")
        );
        let ageless = evaluate(&requests, None, &[]);
        assert_eq!(ageless.why_unknown.as_deref(), Some("its age is unknown"));
        let cpu = signal("Maximum", 5.0, false);
        assert_eq!(
            evaluate(&cpu, Some("06:00"), &[]).why_unknown.as_deref(),
            Some("no data")
        );
    }

    /// A young resource can be in use, but it is never idle.
    #[test]
    fn young_resources_are_never_idle() {
        let cpu = signal("Maximum", 5.0, false);
        assert_eq!(
            evaluate(&cpu, Some("11:50"), &[("11:50", 80.0)]).value,
            Some(80.0)
        );
        assert_eq!(evaluate(&cpu, Some("11:50"), &[("11:50", 1.0)]).value, None);
        assert_eq!(evaluate(&cpu, None, &[("11:50", 1.0)]).value, None);
        assert_eq!(
            evaluate(
                &cpu,
                None,
                &[("10:50", 1.0), ("11:05", 1.0), ("11:50", 2.0)]
            )
            .value,
            Some(2.0)
        );
    }

    /// A gauge needs data from the start of the window; traffic does not.
    #[test]
    fn a_gauge_needs_data_from_the_start() {
        let points = [
            ("07:00", 1.0),
            ("07:05", 1.0),
            ("11:40", 1.0),
            ("11:45", 1.0),
        ];
        let cpu = signal("Maximum", 5.0, false);
        let evaluation = evaluate(&cpu, Some("06:00"), &points);
        assert_eq!(
            evaluation.why_unknown.as_deref(),
            Some("not enough data yet (20 of 60 min)")
        );
        assert_eq!((evaluation.value, evaluation.quiet_since), (None, None));
        let requests = signal("Sum", 240.0, true);
        assert_eq!(evaluate(&requests, Some("06:00"), &points).value, Some(2.0));
    }

    /// The threshold of a sum is scaled to the window; that of a maximum is not.
    #[test]
    fn scales_the_thresholds_of_sums() {
        let hour = Span::minutes(60);
        let network = signal("Sum", 24.0, true);
        assert!((network.threshold_over(hour) - 1.0).abs() < 1e-9);
        assert!((signal("Maximum", 5.0, false).threshold_over(hour) - 5.0).abs() < 1e-9);
        let evaluation = evaluate(&network, Some("06:00"), &[("11:20", 0.4), ("11:40", 0.5)]);
        assert_eq!(evaluation.value, Some(0.9));
        assert!(evaluation.quiet_since.is_some());
        let evaluation = evaluate(&network, Some("06:00"), &[("11:20", 0.6), ("11:40", 0.5)]);
        assert_eq!(
            (evaluation.value, evaluation.quiet_since),
            (Some(1.1), None)
        );
    }

    /// The quiet time starts with the end of the last use, the creation, or the start of the range.
    #[test]
    fn quiet_since_the_last_use() {
        let cpu = signal("Maximum", 5.0, false);
        let quiet = [("09:05", 1.0), ("11:00", 2.0), ("11:55", 1.0)];
        let used: Vec<_> = [("09:00", 50.0)].into_iter().chain(quiet).collect();
        assert_eq!(
            evaluate(&cpu, Some("06:00"), &used).quiet_since,
            Some(time("09:05"))
        );
        assert_eq!(
            evaluate(&cpu, Some("06:00"), &quiet).quiet_since,
            Some(time("06:00"))
        );
        let longer = hour().evaluate(
            &cpu,
            "2026-02-01T00:00:00Z".parse().ok(),
            &MetricData::complete(vec![(time("11:00"), 1.0)]),
        );
        assert_eq!(longer.quiet_since, Some(hour().from));
    }

    /// Incomplete data are unknown, unless they show a use.
    #[test]
    fn incomplete_data_are_unknown() {
        let cpu = signal("Maximum", 5.0, false);
        let mut data = MetricData::complete(vec![(time("11:30"), 1.0)]);
        data.incomplete = Some("partial data".to_owned());
        let evaluation = hour().evaluate(&cpu, Some(time("06:00")), &data);
        assert_eq!(
            (evaluation.value, evaluation.why_unknown.as_deref()),
            (None, Some("partial data"))
        );
        data.points.push((time("11:35"), 90.0));
        assert_eq!(
            hour().evaluate(&cpu, Some(time("06:00")), &data).value,
            Some(90.0)
        );
    }
}
