//! The attributes of checks, for `jiti_readiness` and for the preflight of `jiti_stack`.

use tfplugin::{Model, Path, Value};

use crate::checks::{Check, CheckKind, ExecCheck, HttpCheck, TcpCheck, number_equal_names};

/// A URL that must return a status.
#[derive(Clone, Debug, PartialEq, Eq, Model)]
pub(crate) struct HttpModel {
    /// The URL, `http://…` or `https://…`.
    #[attribute(required, validate = check_url)]
    pub(crate) url: Value<String>,
    /// The expected status. Default: 200. Redirects are not followed.
    #[attribute(optional, validate = check_status)]
    pub(crate) status: Value<i64>,
}

/// An address that must accept a connection.
#[derive(Clone, Debug, PartialEq, Eq, Model)]
pub(crate) struct TcpModel {
    /// The address as `host:port`, such as `10.0.0.5:5432` or `[::1]:5432`.
    #[attribute(required, validate = check_address)]
    pub(crate) address: Value<String>,
}

/// A command that must exit with 0.
#[derive(Clone, Debug, PartialEq, Eq, Model)]
pub(crate) struct ExecModel {
    /// The program and its arguments. It runs without a shell in the root directory. After 60
    /// seconds, or when Terraform is interrupted or dies, the program and its children are killed.
    #[attribute(required, validate = check_command)]
    pub(crate) command: Value<Vec<String>>,
}

/// The checks of the three attributes under a path, in order.
pub(crate) fn checks(
    parent: &Path,
    http: &Value<Vec<HttpModel>>,
    tcp: &Value<Vec<TcpModel>>,
    exec: &Value<Vec<ExecModel>>,
) -> Vec<Check> {
    let mut checks = Vec::new();
    for (index, model) in known(http).iter().enumerate() {
        if let Value::Known(url) = &model.url {
            let status = match model.status {
                Value::Known(status) => u16::try_from(status).unwrap_or(200),
                _ => 200,
            };
            let kind = CheckKind::Http(HttpCheck {
                url: url.clone(),
                status,
            });
            let path = parent.attribute("http").index(index).attribute("url");
            checks.push(Check::new(path, kind));
        }
    }
    for (index, model) in known(tcp).iter().enumerate() {
        if let Value::Known(address) = &model.address {
            let kind = CheckKind::Tcp(TcpCheck {
                address: address.clone(),
            });
            let path = parent.attribute("tcp").index(index).attribute("address");
            checks.push(Check::new(path, kind));
        }
    }
    for (index, model) in known(exec).iter().enumerate() {
        if let Value::Known(command) = &model.command {
            let kind = CheckKind::Exec(ExecCheck {
                command: command.clone(),
            });
            let path = parent.attribute("exec").index(index).attribute("command");
            checks.push(Check::new(path, kind));
        }
    }
    number_equal_names(&mut checks);
    checks
}

fn known<T>(list: &Value<Vec<T>>) -> &[T] {
    match list {
        Value::Known(list) => list,
        Value::Null | Value::Unknown => &[],
    }
}

/// The errors do not repeat the URL, because it may contain a secret.
fn check_url(text: &str) -> Result<(), String> {
    match reqwest::Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(()),
        Ok(url) => Err(format!(
            "Invalid URL with the scheme {:?}: use http:// or https:// and a host",
            url.scheme()
        )),
        Err(error) => Err(format!(
            "Invalid URL ({error}): use the form http://HOST:PORT/PATH"
        )),
    }
}

fn check_status(status: &i64) -> Result<(), String> {
    if (100..=599).contains(status) {
        Ok(())
    } else {
        Err(format!(
            "Invalid HTTP status {status}: use a number from 100 to 599, such as 200"
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
        // The error does not repeat the address, because a URL in its place may contain a secret.
        _ => Err("Invalid address: use the form HOST:PORT, such as 10.0.0.5:5432".to_owned()),
    }
}

fn check_command(command: &[String]) -> Result<(), String> {
    match command.first() {
        Some(program) if !program.is_empty() => Ok(()),
        _ => Err("The command is empty: set the program, then its arguments".to_owned()),
    }
}
