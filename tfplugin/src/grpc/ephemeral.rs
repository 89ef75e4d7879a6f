//! Messages of ephemeral resources.

use super::messages::diagnostics;
use crate::proto::tfplugin6 as proto;
use crate::server::open_ephemeral::OpenResponse;
use crate::server::renew_ephemeral::RenewResponse;

impl From<OpenResponse> for proto::open_ephemeral_resource::Response {
    fn from(response: OpenResponse) -> Self {
        Self {
            diagnostics: diagnostics(response.diagnostics),
            renew_at: response.renew_at.map(Into::into),
            result: response.result.map(Into::into),
            private: Some(response.private),
            deferred: None,
        }
    }
}

impl From<RenewResponse> for proto::renew_ephemeral_resource::Response {
    fn from(response: RenewResponse) -> Self {
        Self {
            diagnostics: diagnostics(response.diagnostics),
            renew_at: response.renew_at.map(Into::into),
            private: Some(response.private),
        }
    }
}
