//! The address of a shared ledger: `dynamodb://TABLE?region=REGION&profile=PROFILE`.

use std::fmt;

use stack::LedgerError;

/// The form that errors show.
const FORM: &str =
    "use dynamodb://TABLE?region=REGION, and add &profile=PROFILE for a named profile";

/// The address of a ledger in a DynamoDB table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DynamoAddress {
    /// The name of the table.
    pub table: String,
    /// The region of the table; `None` for the region of the environment or the profile.
    pub region: Option<String>,
    /// The profile with the credentials; `None` for the standard credential chain.
    pub profile: Option<String>,
}

impl DynamoAddress {
    /// Reads an address.
    ///
    /// # Errors
    /// [`LedgerError::Address`] when it has another form.
    pub fn parse(address: &str) -> Result<Self, LedgerError> {
        let invalid = |why: String| LedgerError::Address {
            ledger: address.to_owned(),
            why,
        };
        let rest = address.strip_prefix("dynamodb://");
        let rest = rest.ok_or_else(|| invalid(FORM.to_owned()))?;
        let (table, query) = rest.split_once('?').unwrap_or((rest, ""));
        let table = table.strip_suffix('/').unwrap_or(table);
        let is_name = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        if !(3..=255).contains(&table.len()) || !table.chars().all(is_name) {
            return Err(invalid(format!(
                "the table name {table:?} is not 3 to 255 letters, digits and _.-; {FORM}"
            )));
        }
        let mut parsed = Self {
            table: table.to_owned(),
            region: None,
            profile: None,
        };
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let known = match key {
                "region" => &mut parsed.region,
                "profile" => &mut parsed.profile,
                _ => return Err(invalid(format!("unknown key {key:?}; {FORM}"))),
            };
            if value.is_empty() || !value.chars().all(|c| is_name(c) || "@:/+ ".contains(c)) {
                return Err(invalid(format!("{key} has no valid value; {FORM}")));
            }
            if known.replace(value.to_owned()).is_some() {
                return Err(invalid(format!("{key} is set twice; {FORM}")));
            }
        }
        Ok(parsed)
    }
}

impl fmt::Display for DynamoAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dynamodb://{}", self.table)?;
        let parts = [("region", &self.region), ("profile", &self.profile)];
        let set = parts
            .iter()
            .filter_map(|(key, value)| Some((key, value.as_ref()?)));
        for (number, (key, value)) in set.enumerate() {
            let separator = if number == 0 { '?' } else { '&' };
            write!(f, "{separator}{key}={value}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A valid address is read and written back; an invalid one says what is wrong.
    #[test]
    fn addresses_have_one_form() {
        for address in [
            "dynamodb://jiti-ledger",
            "dynamodb://jiti-ledger?region=eu-west-1",
            "dynamodb://a.b_c?region=eu-west-1&profile=team",
        ] {
            let parsed = DynamoAddress::parse(address).unwrap();
            assert_eq!(parsed.to_string(), address);
        }
        for (address, why) in [
            ("s3://bucket", "dynamodb://TABLE"),
            ("dynamodb://", "table name \"\""),
            ("dynamodb://a/b?region=eu-west-1", "table name \"a/b\""),
            ("dynamodb://jiti?regoin=eu-west-1", "unknown key \"regoin\""),
            ("dynamodb://jiti?region=", "region has no valid value"),
            ("dynamodb://jiti?region=a&region=b", "region is set twice"),
        ] {
            let error = DynamoAddress::parse(address).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
