//! Timeouts: how long a create, a read, an update or a delete may take, set in the configuration.

use std::fmt;
use std::future::Future;
use std::str::FromStr;
use std::time::Duration;

use crate::Model;
use crate::diag::{Failure, Result};
use crate::model::Text;
use crate::path::Path;
use crate::value::Value;

/// The attribute `timeouts` that many resources have. A user writes
/// `timeouts = { create = "30m" }`.
///
/// ```
/// use std::time::Duration;
///
/// # use tfplugin::{ApplyContext, Context, Resource};
/// use tfplugin::{Model, Result, Timeouts, Value};
///
/// /// A virtual machine.
/// #[derive(Clone, Model)]
/// struct Machine {
///     /// The name.
///     #[attribute(required)]
///     name: Value<String>,
///     /// How long each operation may take. Default: 10m.
///     #[attribute(optional)]
///     timeouts: Value<Timeouts>,
/// }
///
/// # struct Machines;
/// # impl Machines { async fn start(&self, _: &Machine) -> Result<()> { Ok(()) } }
/// # impl Resource for Machines {
/// #     type Client = ();
/// #     type Model = Machine;
/// #     const NAME: &'static str = "example_machine";
/// #     fn new((): ()) -> Self { Self }
/// async fn create(
///     &self,
///     context: &mut ApplyContext<'_, Machine>,
///     planned: Machine,
/// ) -> Result<Machine> {
///     let limit = planned.timeouts.create(Duration::from_secs(600));
///     context.save(&planned);
///     limit.run(self.start(&planned)).await?;
///     Ok(planned)
/// }
/// #     async fn read(&self, _: &mut Context, state: Machine) -> Result<Option<Machine>> {
/// #         Ok(Some(state))
/// #     }
/// #     async fn update(
/// #         &self, _: &mut ApplyContext<'_, Machine>, _: Machine, planned: Machine,
/// #     ) -> Result<Machine> {
/// #         Ok(planned)
/// #     }
/// #     async fn delete(&self, _: &mut ApplyContext<'_, Machine>, _: Machine) -> Result<()> {
/// #         Ok(())
/// #     }
/// # }
/// ```
///
/// A resource that needs only some of the four has a model of its own, whose attributes are
/// `Value<Text<Timeout>>`, and uses [`TimeLimit::new`].
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Model)]
#[model(nested)]
pub struct Timeouts {
    /// How long a create may take, such as `30m` or `1h30m`.
    #[attribute(optional)]
    pub create: Value<Text<Timeout>>,
    /// How long a read may take, such as `30s` or `5m`.
    #[attribute(optional)]
    pub read: Value<Text<Timeout>>,
    /// How long an update may take, such as `30m` or `1h30m`.
    #[attribute(optional)]
    pub update: Value<Text<Timeout>>,
    /// How long a delete may take, such as `30m` or `1h30m`. Terraform deletes with the value of
    /// the last apply.
    #[attribute(optional)]
    pub delete: Value<Text<Timeout>>,
}

/// Limits from the attribute `timeouts`, or from a default.
impl Value<Timeouts> {
    /// The limit of a create.
    pub fn create(&self, default: Duration) -> TimeLimit {
        self.limit("create", |timeouts| &timeouts.create, default)
    }

    /// The limit of a read.
    pub fn read(&self, default: Duration) -> TimeLimit {
        self.limit("read", |timeouts| &timeouts.read, default)
    }

    /// The limit of an update.
    pub fn update(&self, default: Duration) -> TimeLimit {
        self.limit("update", |timeouts| &timeouts.update, default)
    }

    /// The limit of a delete.
    pub fn delete(&self, default: Duration) -> TimeLimit {
        self.limit("delete", |timeouts| &timeouts.delete, default)
    }

    fn limit(
        &self,
        operation: &'static str,
        attribute: fn(&Timeouts) -> &Value<Text<Timeout>>,
        default: Duration,
    ) -> TimeLimit {
        let configured = self
            .as_ref()
            .and_then(|timeouts| attribute(timeouts).as_ref());
        let limit = configured.map(|timeout| timeout.duration());
        TimeLimit::new(operation, limit.unwrap_or(default))
    }
}

/// How long one operation may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a limit does nothing until it runs the work"]
pub struct TimeLimit {
    operation: &'static str,
    limit: Duration,
}

impl TimeLimit {
    /// A limit for an operation, which is also the attribute of `timeouts` that changes it.
    pub const fn new(operation: &'static str, limit: Duration) -> Self {
        Self { operation, limit }
    }

    /// The time that the operation may take.
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.limit
    }

    /// Runs the work, and drops it when the time is over.
    ///
    /// Save what exists before that: [`ApplyContext::save`](crate::ApplyContext::save).
    ///
    /// # Errors
    /// The error of the work, or one that says that it took too long and how to allow more time.
    pub async fn run<T>(self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let finished = tokio::time::timeout(self.limit, work).await;
        finished.unwrap_or_else(|_| Err(self.exceeded()))
    }

    fn exceeded(self) -> Failure {
        let Self { operation, limit } = self;
        let limit = Timeout(limit);
        Failure::new(
            format!("The {operation} took longer than {limit}"),
            format!(
                "It ended before it was complete. To allow more time, set \
                 `timeouts = {{ {operation} = \"…\" }}` to a longer duration."
            ),
        )
        .at(Path::new("timeouts").attribute(operation))
    }
}

/// A duration in the form that Terraform's providers use: `90s`, `30m`, `1h30m`, `1.5h`.
///
/// ```
/// # use tfplugin::Timeout;
/// let timeout: Timeout = "1h30m".parse()?;
/// assert_eq!(timeout.duration().as_secs(), 5400);
/// assert_eq!("5400s".parse::<Timeout>()?.to_string(), "1h30m");
/// # Ok::<_, &str>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timeout(Duration);

impl Timeout {
    /// The duration.
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl From<Duration> for Timeout {
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}

const ADVICE: &str = "Write a duration such as 90s, 30m or 1h30m.";

/// The units and their nanoseconds. Longer names come first, because `m` begins `ms`.
const UNITS: [(&str, u128); 4] = [
    ("ms", 1_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
];

impl FromStr for Timeout {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut rest = text;
        let mut nanoseconds: u128 = 0;
        while !rest.is_empty() {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.');
            let (amount, after) = rest.split_at(end.ok_or(ADVICE)?);
            let unit = UNITS.iter().find(|(unit, _)| after.starts_with(unit));
            let (unit, length) = unit.ok_or(ADVICE)?;
            nanoseconds = multiply(amount, *length)
                .and_then(|part| nanoseconds.checked_add(part))
                .ok_or(ADVICE)?;
            rest = &after[unit.len()..];
        }
        let nanoseconds = u64::try_from(nanoseconds).map_err(|_| ADVICE)?;
        match nanoseconds {
            0 => Err(ADVICE),
            _ => Ok(Self(Duration::from_nanos(nanoseconds))),
        }
    }
}

/// A decimal amount of a unit. Digits below a nanosecond do not count.
fn multiply(amount: &str, unit: u128) -> Option<u128> {
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
    if whole.is_empty() {
        return None;
    }
    let mut total = whole.parse::<u128>().ok()?.checked_mul(unit)?;
    let mut digit_value = unit;
    for digit in fraction.chars() {
        digit_value /= 10;
        let part = u128::from(digit.to_digit(10)?) * digit_value;
        total = total.checked_add(part)?;
    }
    Some(total)
}

impl fmt::Display for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, milliseconds) = (self.0.as_secs(), self.0.subsec_millis());
        let parts = [
            (seconds / 3600, "h"),
            (seconds / 60 % 60, "m"),
            (seconds % 60, "s"),
            (milliseconds.into(), "ms"),
        ];
        for (amount, unit) in parts.iter().filter(|(amount, _)| *amount > 0) {
            write!(f, "{amount}{unit}")?;
        }
        if self.0.as_millis() == 0 {
            f.write_str("0s")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Durations are read as Go reads them, and written in the shortest form.
    #[test]
    fn timeouts_are_parsed_and_written() {
        for (text, milliseconds, written) in [
            ("90s", 90_000, "1m30s"),
            ("30m", 1_800_000, "30m"),
            ("1h30m", 5_400_000, "1h30m"),
            ("1.5h", 5_400_000, "1h30m"),
            ("1m500ms", 60_500, "1m500ms"),
            ("0.25s", 250, "250ms"),
        ] {
            let timeout: Timeout = text.parse().unwrap();
            assert_eq!(timeout.duration(), Duration::from_millis(milliseconds));
            assert_eq!(timeout.to_string(), written);
        }
        let too_long = format!("{}h", u64::MAX);
        let longest = format!("{}.999ms", u128::MAX / 1_000_000);
        for text in [
            "", "0s", "10", "m", "1.2.3s", ".5s", "-1m", "1 m", "1d", &too_long, &longest,
        ] {
            assert_eq!(text.parse::<Timeout>(), Err(ADVICE), "{text}");
        }
    }

    /// A configured timeout is the limit; otherwise the default is. Work that takes longer fails.
    #[tokio::test(start_paused = true)]
    async fn a_limit_ends_the_work() {
        let (second, hour) = (Duration::from_secs(1), Duration::from_secs(3600));
        assert_eq!(Value::<Timeouts>::Null.delete(hour).duration(), hour);
        let timeouts = Value::Known(Timeouts {
            create: Text::from(Timeout(second)).into(),
            ..Timeouts::default()
        });
        assert_eq!(timeouts.update(hour).duration(), hour);
        let work = |length| async move {
            tokio::time::sleep(length).await;
            Ok("done")
        };
        let limit = timeouts.create(hour);
        assert_eq!(limit.run(work(second / 2)).await.unwrap(), "done");
        let failure = limit.run(work(hour)).await.unwrap_err();
        assert!(
            failure
                .to_string()
                .starts_with("timeouts.create: The create took longer than 1s"),
            "{failure}"
        );
    }
}
