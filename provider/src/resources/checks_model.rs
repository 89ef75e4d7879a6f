//! The attributes of checks, shared by `jiti_readiness` and by the preflight of `jiti_stack`.

use tfplugin::{Model, Path, Value};

use crate::checks::{Check, ExecCheck, HttpCheck, Kind, TcpCheck};

/// A URL that has to answer.
#[derive(Clone, Debug, Model)]
pub(crate) struct HttpModel {
    /// The URL, `http://…` or `https://…`.
    #[attribute(required, validate = check_url)]
    pub(crate) url: Value<String>,
    /// The status of the answer; 200 when it is left out. Redirects are not followed.
    #[attribute(optional, validate = check_status)]
    pub(crate) status: Value<i64>,
}

/// An address that has to accept a connection.
#[derive(Clone, Debug, Model)]
pub(crate) struct TcpModel {
    /// `host:port`, such as `10.0.0.5:5432` or `[::1]:5432`.
    #[attribute(required, validate = check_address)]
    pub(crate) address: Value<String>,
}

/// A command that has to exit with 0.
#[derive(Clone, Debug, Model)]
pub(crate) struct ExecModel {
    /// The program and its arguments, run without a shell in the root directory. One try may take 60 seconds;
    /// then, and when Terraform is interrupted or dies, it is ended with all its children.
    #[attribute(required, validate = check_command)]
    pub(crate) command: Value<Vec<String>>,
}

/// The checks of three attributes below a path, in their order.
pub(crate) fn checks(
    below: &Path,
    http: &Value<Vec<HttpModel>>,
    tcp: &Value<Vec<TcpModel>>,
    exec: &Value<Vec<ExecModel>>,
) -> Vec<Check> {
    let mut checks = Vec::new();
    for (place, model) in known(http).iter().enumerate() {
        if let Value::Known(url) = &model.url {
            let status = match model.status {
                Value::Known(status) => u16::try_from(status).unwrap_or(200),
                _ => 200,
            };
            let kind = Kind::Http(HttpCheck {
                url: url.clone(),
                status,
            });
            checks.push(Check {
                path: below.attribute("http").index(place).attribute("url"),
                kind,
            });
        }
    }
    for (place, model) in known(tcp).iter().enumerate() {
        if let Value::Known(address) = &model.address {
            let kind = Kind::Tcp(TcpCheck {
                address: address.clone(),
            });
            checks.push(Check {
                path: below.attribute("tcp").index(place).attribute("address"),
                kind,
            });
        }
    }
    for (place, model) in known(exec).iter().enumerate() {
        if let Value::Known(command) = &model.command {
            let kind = Kind::Exec(ExecCheck {
                command: command.clone(),
            });
            checks.push(Check {
                path: below.attribute("exec").index(place).attribute("command"),
                kind,
            });
        }
    }
    checks
}

fn known<T>(list: &Value<Vec<T>>) -> &[T] {
    match list {
        Value::Known(list) => list,
        Value::Null | Value::Unknown => &[],
    }
}

fn check_url(text: &str) -> Result<(), String> {
    match reqwest::Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(()),
        Ok(url) => Err(format!(
            "{text:?} has the scheme {:?}: it has to begin with http:// or https:// and name a host",
            url.scheme()
        )),
        Err(error) => Err(format!(
            "{text:?} is no URL ({error}): write http://HOST:PORT/PATH"
        )),
    }
}

fn check_status(status: &i64) -> Result<(), String> {
    if (100..=599).contains(status) {
        Ok(())
    } else {
        Err(format!(
            "{status} is no HTTP status: it is a number from 100 to 599, such as 200"
        ))
    }
}

fn check_address(text: &str) -> Result<(), String> {
    match text.rsplit_once(':') {
        Some((host, port))
            if !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0) =>
        {
            Ok(())
        }
        _ => Err(format!(
            "{text:?} is no address: write HOST:PORT, such as 10.0.0.5:5432"
        )),
    }
}

fn check_command(command: &[String]) -> Result<(), String> {
    match command.first() {
        Some(program) if !program.is_empty() => Ok(()),
        _ => Err("the command is empty: give the program, then its arguments".to_owned()),
    }
}
