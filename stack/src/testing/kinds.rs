//! One event of every kind.

use serde_json::json;

use super::{actor, noon, registration};
use crate::cost::{EarlierCharge, MinimumCharge};
use crate::init::{
    CauseKind, CreatedType, FailedCheck, NotReadyCause, PhaseBoundary, ReportedPhase,
};
use crate::lease::{
    BrokenRule, EventKind, Operator, ProcessId, ResidueDetails, Strategy, UnknownEvent,
};
use crate::values::id::{AppVersion, LedgerId, Owner, RunId};
use crate::values::ttl::{Elapsed, Span};

/// One event of every kind, in the order of [`EventKind::NAMES`], and one of an unknown kind.
///
/// # Panics
/// Never: its texts are valid.
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "texts that are legal; only tests call this"
)]
pub fn every_kind() -> Vec<EventKind> {
    use EventKind as E;
    let version = |text: &str| AppVersion::new(text).expect("a version");
    let owner = |text: &str| Owner::new(text).expect("an owner");
    let hour = Span::minutes(60);
    let registration = registration();
    let terms = Box::new(registration.terms.clone());
    let fields = json!({"colour": "blue", "depth": 3});
    vec![
        E::Requested {
            registration: Box::new(registration.clone()),
        },
        E::Recorded { origin: None },
        E::Provisioned,
        E::PhaseMarked {
            phase: "migrate".to_owned(),
            class: Some("database".to_owned()),
            state: PhaseBoundary::Done,
            reported: Some(ReportedPhase {
                started_at: noon(),
                seconds: Elapsed::from_millis(2_500),
            }),
        },
        E::CheckPassed {
            check: "http".to_owned(),
        },
        E::Ready,
        E::ReadyTimedOut {
            checks: vec![FailedCheck {
                check: "tcp db:5432".to_owned(),
                answer: "connection refused".to_owned(),
            }],
        },
        E::NotReady {
            found_by: "kubernetes shop/app=web".to_owned(),
            cause: Some(NotReadyCause::new(
                CauseKind::ImagePull,
                "web-0: no such image",
                noon(),
            )),
        },
        E::VersionChanged {
            from: version("v1"),
            to: version("v2"),
        },
        E::OwnerChanged {
            from: owner("ana@example.com"),
            to: owner("bo@example.com"),
        },
        E::TermsChanged { terms },
        E::Renewed { policy: None },
        E::Extended {
            by: hour,
            until: hour.after(noon()),
        },
        E::Held {
            until: hour.after(noon()),
            why: "a demo".to_owned(),
        },
        E::HoldEnded,
        E::Rated {
            hourly_usd: Some("0.42".parse().expect("a rate")),
            hourly_source: "list 2026-01-01".to_owned(),
            unpriced: vec!["traffic".to_owned()],
            at_least: vec![MinimumCharge {
                until: Span::minutes(1).after(noon()),
                hourly_usd: "0.4".parse().expect("a rate"),
            }],
            accrued: vec![EarlierCharge {
                since: noon(),
                hourly_usd: "0.42".parse().expect("a rate"),
            }],
            created: vec![CreatedType {
                kind: "rds:db".to_owned(),
                class: Some("data".to_owned()),
                at: noon(),
            }],
        },
        E::SleepStarted {
            prior: [("asg/web".to_owned(), json!({"desired": 3}))].into(),
            until: Some(hour.after(noon())),
            operator: Some(Box::new(operator())),
        },
        E::Slept,
        E::WakeStarted {
            operator: Some(Box::new(operator())),
        },
        E::Woken,
        E::PowerOperationAlive {
            run: operator().run,
        },
        E::PowerOperationFailed {
            run: operator().run,
            reason: "it does not stop".to_owned(),
        },
        E::Activity {
            signal: "touch".to_owned(),
        },
        E::Noncompliant {
            findings: vec![BrokenRule {
                address: "arn:aws:ec2:eu-west-1:123456789012:security-group/sg-1".to_owned(),
                rule: "public_endpoint".to_owned(),
                why: "tcp port 22 is open to everyone".to_owned(),
            }],
            more: 0,
        },
        E::Compliant,
        E::Warned {
            warning: "expiry:2h".to_owned(),
        },
        E::TeardownStarted {
            strategy: Strategy::Terraform,
            by: actor(),
            why: "expired".to_owned(),
            run: RunId::new("7k3m9q2x4v8w").expect("a run id"),
            host: "laptop".to_owned(),
            pid: 4242,
        },
        E::TeardownAlive {
            deleting: vec!["aws_instance.web".to_owned()],
        },
        E::TeardownDispatched {
            by: actor(),
            why: "expired".to_owned(),
            until: hour.after(noon()),
        },
        E::ResourceDeleted {
            id: "aws_instance.web".to_owned(),
        },
        E::ResourceLeft {
            id: "aws_s3_bucket.logs".to_owned(),
            reason: "not empty".to_owned(),
            blocked_by: None,
            details: ResidueDetails::default(),
        },
        E::TeardownFailed {
            reason: "the state is locked".to_owned(),
        },
        E::StateLocked {
            lock: Some("4c0c1b1e".to_owned()),
            since: noon(),
        },
        E::Released,
        E::Adopted {
            from_ledger: Some(LedgerId::new("0123456789ab").expect("a ledger id")),
            created_at: Some(noon()),
        },
        E::OriginMoved {
            from: Box::new(registration.origin.clone()),
            to: Box::new(registration.origin.clone()),
        },
        E::Forgotten {
            by: actor(),
            why: "the state is lost".to_owned(),
        },
        E::Gone,
        E::Misdated {
            events: vec![crate::values::id::Seq(1)],
        },
        E::Unknown(UnknownEvent {
            kind: "painted".to_owned(),
            fields: fields.as_object().cloned().unwrap_or_default(),
        }),
    ]
}

#[expect(
    clippy::expect_used,
    reason = "texts that are legal; only tests call this"
)]
fn operator() -> Operator {
    Operator {
        run: RunId::new("7k3m9q2x4v8w").expect("a run id"),
        process: ProcessId {
            pid: 4242,
            started: "1000".to_owned(),
            host: "laptop".to_owned(),
        },
    }
}
