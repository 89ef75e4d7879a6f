//! The calls of actions.

use super::{Client, call_failed, from_messages};
use crate::deferral::DeferralReason;
use crate::diag::{Diagnostic, Failure, Result};
use crate::proto::tfplugin6 as proto;
use crate::proto::tfplugin6::deferred::Reason;
use crate::proto::tfplugin6::invoke_action::event;
use crate::provider::Provider;
use crate::server::Encoded;
use crate::server::plan_action::PlanActionResponse;

impl<P: Provider> Client<P> {
    pub(crate) async fn validate_action(
        &self,
        name: &str,
        config: Encoded,
    ) -> Result<Vec<Diagnostic>> {
        let request = proto::validate_action_config::Request {
            type_name: name.to_owned(),
            config: Some(config.into()),
        };
        let response = self.inner().validate_action_config(request).await;
        let response = response.map_err(|status| call_failed(&status))?;
        Ok(from_messages(response.into_inner().diagnostics))
    }

    pub(crate) async fn plan_action(
        &self,
        name: &str,
        config: Encoded,
    ) -> Result<PlanActionResponse> {
        let request = proto::plan_action::Request {
            action_type: name.to_owned(),
            config: Some(config.into()),
            client_capabilities: Some(self.capabilities()),
        };
        let response = self.inner().plan_action(request).await;
        let response = response
            .map_err(|status| call_failed(&status))?
            .into_inner();
        Ok(PlanActionResponse {
            deferral: response.deferred.and_then(|deferred| reason(&deferred)),
            diagnostics: from_messages(response.diagnostics),
        })
    }

    /// Invokes an action. Returns its progress, and the diagnostics of its completion.
    ///
    /// # Errors
    /// If the call itself fails, or the stream does not end with the completion.
    pub(crate) async fn invoke_action(
        &self,
        name: &str,
        config: Encoded,
    ) -> Result<(Vec<String>, Vec<Diagnostic>)> {
        let request = proto::invoke_action::Request {
            action_type: name.to_owned(),
            config: Some(config.into()),
            client_capabilities: Some(self.capabilities()),
        };
        let response = self.inner().invoke_action(request).await;
        let mut events = response
            .map_err(|status| call_failed(&status))?
            .into_inner();
        let mut progress = Vec::new();
        let mut completed = None;
        while let Some(event) = events
            .message()
            .await
            .map_err(|status| call_failed(&status))?
        {
            match event.r#type {
                Some(event::Type::Progress(event::Progress { message })) if completed.is_none() => {
                    progress.push(message);
                }
                Some(event::Type::Completed(event)) if completed.is_none() => {
                    completed = Some(from_messages(event.diagnostics));
                }
                _ => return Err(invalid_stream("An event follows the completion.")),
            }
        }
        let completed = completed.ok_or_else(|| invalid_stream("The stream has no completion."))?;
        Ok((progress, completed))
    }
}

fn invalid_stream(detail: &str) -> Failure {
    Failure::new("Terraform would crash on these events", detail)
}

/// The reason of a deferral.
pub(super) fn reason(deferred: &proto::Deferred) -> Option<DeferralReason> {
    match deferred.reason() {
        Reason::ResourceConfigUnknown => Some(DeferralReason::ResourceConfigUnknown),
        Reason::ProviderConfigUnknown => Some(DeferralReason::ProviderConfigUnknown),
        Reason::AbsentPrereq => Some(DeferralReason::AbsentPrerequisite),
        Reason::Unknown => None,
    }
}
