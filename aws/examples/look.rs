//! What the package sees of an account, and what it can do with one resource: a developer's tool.
//!
//! ```text
//! cargo run -p aws --example look -- discover STACK    (or --all)
//! cargo run -p aws --example look -- describe ARN…
//! cargo run -p aws --example look -- loosen ARN
//! cargo run -p aws --example look -- delete ARN        without a question
//! cargo run -p aws --example look -- stop ARN
//! cargo run -p aws --example look -- start ARN SIZE    the size as JSON
//! cargo run -p aws --example look -- activity ARN…
//! ```
//!
//! Before the verb: `--account ID` (123456789012 without it), `--region R` as often as there are regions (eu-west-1
//! without any), and `--profile P`. Credentials and endpoint are those of the environment. Everything is printed as JSON, one
//! object a line.

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
    let asked = match Asked::read(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(problem) => return fail(&problem),
    };
    match run(&asked).await {
        Ok(lines) => {
            let mut out = std::io::stdout().lock();
            for line in lines {
                // Whoever reads has gone when this fails.
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

/// What the command line says.
struct Asked {
    account: String,
    regions: Vec<String>,
    profile: Option<String>,
    verb: String,
    rest: Vec<String>,
}

impl Asked {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut asked = Self {
            account: "123456789012".to_owned(),
            regions: Vec::new(),
            profile: None,
            verb: String::new(),
            rest: Vec::new(),
        };
        loop {
            let word = words.next().ok_or("what to do? discover, describe, …")?;
            let mut value = || words.next().ok_or(format!("{word} wants a value"));
            match word.as_str() {
                "--account" => asked.account = value()?,
                "--region" => asked.regions.push(value()?),
                "--profile" => asked.profile = Some(value()?),
                _ => {
                    asked.verb = word;
                    break;
                }
            }
        }
        if asked.regions.is_empty() {
            asked.regions.push("eu-west-1".to_owned());
        }
        asked.rest = words.collect();
        Ok(asked)
    }

    fn config(&self) -> Result<Config, String> {
        let (id, regions) = (&self.account, &self.regions);
        let mut text = format!("[[account]]\nname = \"looked at\"\nid = {id:?}\n");
        text.push_str(&format!("regions = {regions:?}\n"));
        if let Some(profile) = &self.profile {
            text.push_str(&format!("profile = {profile:?}\n"));
        }
        Config::parse(&text, Path::new("arguments")).map_err(said)
    }

    /// Resources of which nothing is known but their names.
    fn named(&self) -> Vec<Resource> {
        self.rest
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

async fn run(asked: &Asked) -> Result<Vec<Value>, String> {
    let cloud = AwsCloud::new(&asked.config()?, own_endpoint());
    match asked.verb.as_str() {
        "discover" => discover(&cloud, &asked.rest).await,
        "describe" => {
            let described = cloud.describe(&asked.named()).await;
            let failed = described.failed.iter();
            let failed =
                failed.map(|(id, error)| json!({ "failed": id, "why": error_json(error) }));
            Ok(described
                .found
                .iter()
                .map(|r| json!(r))
                .chain(failed)
                .collect())
        }
        "loosen" => {
            cloud
                .detach_references(&one(&cloud, asked).await?)
                .await
                .map_err(said)?;
            Ok(vec![json!("loosened")])
        }
        "delete" => {
            let resource = one(&cloud, asked).await?;
            let how = DeleteOptions::default();
            let deletion = cloud.delete(&resource, how).await.map_err(said)?;
            Ok(vec![json!(format!("{deletion:?}"))])
        }
        "stop" => {
            cloud.stop(&one(&cloud, asked).await?).await.map_err(said)?;
            Ok(vec![json!("stopped")])
        }
        "start" => {
            let size = asked.rest.get(1).ok_or("start wants a size as JSON")?;
            let size = serde_json::from_str(size).map_err(said)?;
            let resource = one(&cloud, asked).await?;
            cloud.start(&resource, &size).await.map_err(said)?;
            Ok(vec![json!("started")])
        }
        "activity" => {
            let found = cloud.describe(&asked.named()).await.found;
            let now = stack::SystemClock.now();
            let activity = cloud.activity(&found, Span::minutes(60), now).await;
            let lines = activity.into_iter().map(|(id, observed)| {
                let (evidence, since) = (observed.evidence, observed.quiet_since);
                json!({ "id": id, "evidence": evidence, "quiet_since": since })
            });
            Ok(lines.collect())
        }
        verb => Err(format!("{verb} is nothing that this can do")),
    }
}

async fn discover(cloud: &AwsCloud, rest: &[String]) -> Result<Vec<Value>, String> {
    let which = match rest.first().map(String::as_str) {
        None | Some("--all") => DiscoveryScope::All,
        Some(name) => DiscoveryScope::Stack(StackName::new(name).map_err(said)?),
    };
    let found = cloud.discover(&which).await;
    let mut lines: Vec<Value> = found.resources.iter().map(|r| json!(r)).collect();
    lines.extend(
        found
            .unchecked
            .iter()
            .map(|one| json!({ "not_looked": one })),
    );
    lines.push(json!({
        "resources": found.resources.len(),
        "requests": found.requests,
        "clock": found.clock,
    }));
    Ok(lines)
}

/// The resource that is named, as its own service describes it.
async fn one(cloud: &AwsCloud, asked: &Asked) -> Result<Resource, String> {
    let mut named = asked.named();
    named.truncate(1);
    let described = cloud.describe(&named).await;
    if let Some((_, error)) = described.failed.first() {
        return Err(error.to_string());
    }
    let found = described.found.into_iter().next();
    found.ok_or_else(|| "there is no such resource".to_owned())
}

fn error_json(error: &CloudError) -> Value {
    json!({ "kind": format!("{:?}", error.kind), "message": error.to_string() })
}

fn said(error: impl Display) -> String {
    error.to_string()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a binary reads its environment: the SDK takes the endpoint from the same variable"
)]
fn own_endpoint() -> bool {
    std::env::var_os("AWS_ENDPOINT_URL").is_some()
}
