//! A metric that shows whether a resource is in use.

use stack::Span;

const SECONDS_PER_DAY: f64 = 86_400.0;

/// A CloudWatch metric and the threshold from which it means use.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Signal {
    /// The namespace: `AWS/EC2`.
    pub(crate) namespace: &'static str,
    /// The metric: `CPUUtilization`.
    pub(crate) metric: &'static str,
    /// `Maximum`, `Sum` or `Average`.
    pub(crate) statistic: &'static str,
    /// Names and values of the dimensions.
    pub(crate) dimensions: Vec<(&'static str, String)>,
    /// The value from which the resource is in use; for a sum, the amount in a day.
    pub(crate) threshold: f64,
    /// Whether no data means zero. CloudWatch writes a sum of traffic only while there is traffic.
    /// A gauge without data is unknown.
    pub(crate) silence_is_zero: bool,
}

impl Signal {
    /// The metric's unit, as CloudWatch's documentation of the metric gives it; `None` for a count.
    pub(crate) fn unit(&self) -> Option<&'static str> {
        match self.metric {
            "CPUUtilization" | "EngineCPUUtilization" => Some("%"),
            metric if metric.starts_with("Network") || metric.contains("Bytes") => Some("bytes"),
            _ => None,
        }
    }

    /// The threshold for a window. That of a sum is scaled from a day to the window.
    pub(crate) fn threshold_over(&self, window: Span) -> f64 {
        if self.statistic == "Sum" {
            let seconds = u32::try_from(window.seconds()).unwrap_or(u32::MAX);
            self.threshold * f64::from(seconds) / SECONDS_PER_DAY
        } else {
            self.threshold
        }
    }
}
