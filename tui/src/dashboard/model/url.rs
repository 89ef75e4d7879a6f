//! The URL of a stack: of its app, or of its page in the AWS console.

use stack::Listing;
use stack::cloud::Place;

/// The label with the URL of the app.
const LABEL: &str = "url";

/// How the name of a readiness check begins that requests a URL. The name has no query, user or
/// password.
const HTTP_CHECK: &str = "http ";

/// The URL of a stack, or why it has none: the label `url`, else that of a readiness check, else
/// the AWS console. `arns` are the ARNs of its resources, as far as they are known.
pub(crate) fn of(listing: &Listing, arns: &[&str]) -> Result<String, String> {
    if let Some(label) = listing.labels.get(LABEL) {
        return checked(label).map_err(|problem| format!("the label url is {problem}"));
    }
    let mut phases = listing.init.phases.iter().rev();
    let check = phases.find_map(|phase| checked(phase.name.strip_prefix(HTTP_CHECK)?).ok());
    if let Some(url) = check {
        return Ok(url);
    }
    match (arns, listing.regions.as_slice()) {
        ([arn], _) if arn.starts_with("arn:") => Ok(resource(arn)),
        (_, regions) => match regions.iter().find(|region| *region != Place::GLOBAL) {
            Some(_) => Ok(search(listing.name.as_str(), regions)),
            None => Err(format!(
                "{} has no URL: set its label url; jiti knows no AWS resource of it",
                listing.name
            )),
        },
    }
}

/// Returns the URL in its usual form, if a browser may open it.
fn checked(text: &str) -> Result<String, String> {
    let url = reqwest::Url::parse(text).map_err(|_| format!("no valid URL: {text:?}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("no http or https URL: {text:?}"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a URL with a user or password, which jiti does not open".to_owned());
    }
    Ok(url.into())
}

/// The console's page of one resource.
fn resource(arn: &str) -> String {
    let domain = domain(arn.split(':').nth(3).unwrap_or_default());
    format!("https://{domain}/go/view?arn={}", escaped(arn))
}

/// The tag editor of the console: everything with the stack's tag in its regions.
fn search(name: &str, regions: &[String]) -> String {
    let regions: Vec<&str> = regions
        .iter()
        .map(String::as_str)
        .filter(|region| *region != Place::GLOBAL)
        .collect();
    let first = regions.first().copied().unwrap_or_default();
    let listed: Vec<String> = regions.iter().map(|region| quoted(region)).collect();
    format!(
        "https://{first}.{}/resource-groups/tag-editor/find-resources?region={first}\
         #query=regions:!%28{}%29,resourceTypes:!%28%27AWS::AllSupported%27%29,\
         tagFilters:!%28%28key:{},values:!%28{}%29%29%29,type:TAG_EDITOR_1_0",
        domain(first),
        listed.join(","),
        quoted("jiti:stack"),
        quoted(name),
    )
}

/// The console's domain for a region.
fn domain(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "console.amazonaws.cn"
    } else if region.starts_with("us-gov-") {
        "console.amazonaws-us-gov.com"
    } else {
        "console.aws.amazon.com"
    }
}

/// A text in the quotation marks of the console's own notation, Rison.
fn quoted(text: &str) -> String {
    let text = text.replace('!', "!!").replace('\'', "!'");
    format!("%27{}%27", escaped(&text))
}

/// Percent-encodes what has a meaning in a URL.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b':' | b'!' => {
                escaped.push(char::from(byte));
            }
            byte => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only http and https URLs without credentials are opened. They cannot look like an option.
    #[test]
    fn only_web_addresses_are_opened() {
        for (text, expected) in [
            ("https://shop.example.com", "https://shop.example.com/"),
            ("http://10.0.0.5:8080/a b", "http://10.0.0.5:8080/a%20b"),
            ("HTTPS://Example.com/", "https://example.com/"),
        ] {
            assert_eq!(checked(text).unwrap(), expected);
        }
        for text in [
            "file:///etc/passwd",
            "javascript:alert(1)",
            "--version",
            "shop.example.com",
            "https://ana:secret@example.com",
            "ssh://host",
            "",
        ] {
            assert!(checked(text).is_err(), "{text}");
        }
        let problem = checked("https://ana:secret@example.com").unwrap_err();
        assert!(!problem.contains("secret"), "{problem}");
    }

    /// The console is that of the region's partition, and the name cannot change the query.
    #[test]
    fn the_console_finds_the_stack() {
        let regions = ["eu-west-1", "global", "us-east-1"].map(str::to_owned);
        insta::assert_snapshot!(
            search("it's-#1", &regions),
            @"https://eu-west-1.console.aws.amazon.com/resource-groups/tag-editor/find-resources?region=eu-west-1#query=regions:!%28%27eu-west-1%27,%27us-east-1%27%29,resourceTypes:!%28%27AWS::AllSupported%27%29,tagFilters:!%28%28key:%27jiti:stack%27,values:!%28%27it!%27s-%231%27%29%29%29,type:TAG_EDITOR_1_0"
        );
        assert_eq!(
            resource("arn:aws-cn:s3:cn-north-1:1:a b"),
            "https://console.amazonaws.cn/go/view?arn=arn:aws-cn:s3:cn-north-1:1:a%20b"
        );
        for url in [search("a", &regions), resource("arn:aws:s3:::bucket")] {
            assert!(checked(&url).is_ok(), "{url}");
        }
    }
}
