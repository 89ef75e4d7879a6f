//! Opening the URL of an app, or a stack in the console of the cloud.

use crate::dashboard::effect::Effect;
use crate::dashboard::model::{Model, url};
use crate::format::style::Tone;

/// Opens the URL of the open or selected stack.
pub(super) fn begin(model: &mut Model) -> Vec<Effect> {
    let Some(stack) = model.current().and_then(|key| model.store.stack(key)) else {
        model.set_status(Tone::Quiet, "no stack selected");
        return Vec::new();
    };
    let listing = stack.listing(model.store.view());
    let resources = model.store.cloud().map(|cloud| stack.resources(cloud));
    let arns: Vec<&str> = resources
        .iter()
        .flatten()
        .map(|resource| resource.id.as_str())
        .collect();
    match url::of(&listing, &arns) {
        Err(problem) => {
            model.set_status(Tone::Notice, problem);
            Vec::new()
        }
        // Nothing outside the demo's own folder may happen.
        Ok(url) if model.settings.demo => {
            model.set_status(Tone::Notice, format!("the demo opens no browser: {url}"));
            Vec::new()
        }
        Ok(url) => {
            model.set_status(Tone::Quiet, format!("opening {url}"));
            vec![Effect::OpenUrl(url)]
        }
    }
}

/// Says whether a program has opened the URL. If none did, the user gets the URL instead.
pub(super) fn opened(model: &mut Model, url: String, answer: Result<(), String>) -> Vec<Effect> {
    match answer {
        Ok(()) => {
            model.set_status(Tone::Good, format!("opened {url}"));
            Vec::new()
        }
        Err(problem) => {
            model.set_status(Tone::Notice, format!("copied {url} ({problem})"));
            vec![Effect::Copy(url)]
        }
    }
}
