//! A developer's tool that calls one method of the AWS side of jiti and prints the result.
//!
//! ```text
//! cargo run -p aws --example inspect -- discover STACK    (or --all)
//! cargo run -p aws --example inspect -- describe ARN…
//! cargo run -p aws --example inspect -- detach ARN
//! cargo run -p aws --example inspect -- delete ARN        without confirmation
//! cargo run -p aws --example inspect -- stop ARN
//! cargo run -p aws --example inspect -- start ARN SIZE    the size as JSON
//! cargo run -p aws --example inspect -- activity ARN…
//! ```
//!
//! Options before the command: `--account ID` (default 123456789012), `--region R` once for each
//! region (default eu-west-1), and `--profile P`. The environment gives credentials and endpoint.
//! The output is JSON, one object per line.

use std::fmt::Display;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use aws::AwsCloud;
use serde_json::{Value, json};
use stack::cloud::{CloudError, DeleteOptions, DiscoveryScope, Resource, ResourceId};
use stack::{Clock, Cloud, Config, Place, Span, StackName};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(problem) => return fail(&problem),
    };
    match run(&arguments).await {
        Ok(lines) => {
            let mut out = std::io::stdout().lock();
            for line in lines {
                // This fails once the reader of the pipe has exited.
                let _ = writeln!(out, "{line}");
            }
            ExitCode::SUCCESS
        }
        Err(problem) => fail(&problem),
    }
}

fn fail(problem: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "{problem}");
    ExitCode::FAILURE
}

/// The command line.
struct Arguments {
    account: String,
    regions: Vec<String>,
    profile: Option<String>,
    command: String,
    operands: Vec<String>,
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments = Self {
            account: "123456789012".to_owned(),
            regions: Vec::new(),
            profile: None,
            command: String::new(),
            operands: Vec::new(),
        };
        loop {
            let word = words
                .next()
                .ok_or("missing command: discover, describe, …")?;
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            match word.as_str() {
                "--account" => arguments.account = value()?,
                "--region" => arguments.regions.push(value()?),
                "--profile" => arguments.profile = Some(value()?),
                _ => {
                    arguments.command = word;
                    break;
                }
            }
        }
        if arguments.regions.is_empty() {
            arguments.regions.push("eu-west-1".to_owned());
        }
        arguments.operands = words.collect();
        Ok(arguments)
    }

    fn config(&self) -> Result<Config, String> {
        let (id, regions) = (&self.account, &self.regions);
        let mut text = format!("[[account]]\nname = \"inspected\"\nid = {id:?}\n");
        text.push_str(&format!("regions = {regions:?}\n"));
        if let Some(profile) = &self.profile {
            text.push_str(&format!("profile = {profile:?}\n"));
        }
        Config::parse(&text, Path::new("arguments")).map_err(to_text)
    }

    /// The resources that the operands name, with nothing but their ARNs.
    fn resources(&self) -> Vec<Resource> {
        self.operands
            .iter()
            .map(|arn| {
                let part = |n| arn.split(':').nth(n).filter(|part| !part.is_empty());
                let place = Place {
                    account: part(4).unwrap_or(&self.account).to_owned(),
                    region: part(3).unwrap_or(Place::GLOBAL).to_owned(),
                };
                Resource::named(ResourceId(arn.clone()), "unknown", place)
            })
            .collect()
    }
}

async fn run(arguments: &Arguments) -> Result<Vec<Value>, String> {
    let cloud = AwsCloud::new(&arguments.config()?, custom_endpoint());
    match arguments.command.as_str() {
        "discover" => discover(&cloud, &arguments.operands).await,
        "describe" => {
            let described = cloud.describe(&arguments.resources()).await;
            let failed = described.failed.iter();
            let failed =
                failed.map(|(id, error)| json!({ "failed": id, "error": error_json(error) }));
            Ok(described
                .found
                .iter()
                .map(|resource| json!(resource))
                .chain(failed)
                .collect())
        }
        "detach" => {
            cloud
                .detach_references(&first_resource(&cloud, arguments).await?)
                .await
                .map_err(to_text)?;
            Ok(vec![json!("detached")])
        }
        "delete" => {
            let resource = first_resource(&cloud, arguments).await?;
            let options = DeleteOptions::default();
            let deletion = cloud.delete(&resource, options).await.map_err(to_text)?;
            Ok(vec![json!(format!("{deletion:?}"))])
        }
        "stop" => {
            cloud
                .stop(&first_resource(&cloud, arguments).await?)
                .await
                .map_err(to_text)?;
            Ok(vec![json!("stopped")])
        }
        "start" => {
            let size = arguments
                .operands
                .get(1)
                .ok_or("start needs a size as JSON")?;
            let size = serde_json::from_str(size).map_err(to_text)?;
            let resource = first_resource(&cloud, arguments).await?;
            cloud.start(&resource, &size).await.map_err(to_text)?;
            Ok(vec![json!("started")])
        }
        "activity" => {
            let found = cloud.describe(&arguments.resources()).await.found;
            let now = stack::SystemClock.now();
            let activity = cloud.activity(&found, Span::minutes(60), now).await;
            let lines = activity.into_iter().map(|(id, observed)| {
                let (evidence, since) = (observed.evidence, observed.quiet_since);
                json!({ "id": id, "evidence": evidence, "quiet_since": since })
            });
            Ok(lines.collect())
        }
        command => Err(format!("unknown command {command}")),
    }
}

async fn discover(cloud: &AwsCloud, operands: &[String]) -> Result<Vec<Value>, String> {
    let scope = match operands.first().map(String::as_str) {
        None | Some("--all") => DiscoveryScope::All,
        Some(name) => DiscoveryScope::Stack(StackName::new(name).map_err(to_text)?),
    };
    let found = cloud.discover(&scope).await;
    let mut lines: Vec<Value> = found
        .resources
        .iter()
        .map(|resource| json!(resource))
        .collect();
    lines.extend(
        found
            .unchecked
            .iter()
            .map(|gap| json!({ "not_checked": gap })),
    );
    lines.push(json!({
        "resources": found.resources.len(),
        "requests": found.requests,
        "clock": found.clock,
    }));
    Ok(lines)
}

/// Describes the resource of the first operand.
async fn first_resource(cloud: &AwsCloud, arguments: &Arguments) -> Result<Resource, String> {
    let mut resources = arguments.resources();
    resources.truncate(1);
    let described = cloud.describe(&resources).await;
    if let Some((_, error)) = described.failed.first() {
        return Err(error.to_string());
    }
    let found = described.found.into_iter().next();
    found.ok_or_else(|| "the resource does not exist".to_owned())
}

fn error_json(error: &CloudError) -> Value {
    json!({ "kind": format!("{:?}", error.kind), "message": error.to_string() })
}

fn to_text(error: impl Display) -> String {
    error.to_string()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a binary reads its environment: the SDK takes the endpoint from the same variable"
)]
fn custom_endpoint() -> bool {
    std::env::var_os("AWS_ENDPOINT_URL").is_some()
}
