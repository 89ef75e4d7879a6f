//! Whether resources are used: the metrics of each type, asked in batches, held against thresholds.

/// One metric that tells whether a resource is used.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Signal {
    /// `AWS/EC2`
    pub(crate) namespace: &'static str,
    /// `CPUUtilization`
    pub(crate) metric: &'static str,
    /// `Maximum`, `Sum` or `Average`.
    pub(crate) statistic: &'static str,
    /// Names and values of its dimensions.
    pub(crate) dimensions: Vec<(&'static str, String)>,
    /// From this value on somebody uses it; for a sum it is the amount in a day.
    pub(crate) threshold: f64,
    /// Sums of traffic are only written while there is some: no data then means none. A gauge without data is not known.
    pub(crate) silence_is_zero: bool,
}
