//! An action that reports progress and fails in many ways.

use tfplugin::{Action, Context, Failure, InvokeContext, Model, Result, Value};

/// Waves.
#[derive(Clone, Debug, Model)]
pub(crate) struct WaveModel {
    /// The number of waves.
    #[attribute(optional, default = 1)]
    pub(crate) times: Value<u32>,
    /// The failure to produce, and the call that produces it.
    #[attribute(optional)]
    pub(crate) behaviour: Value<String>,
    /// A file to write at the end.
    #[attribute(optional)]
    pub(crate) file: Value<String>,
}

/// The action.
pub(crate) struct Wave;

impl Action for Wave {
    type Client = ();
    type Model = WaveModel;

    const NAME: &'static str = "faulty_wave";

    fn new((): ()) -> Self {
        Self
    }

    fn validate(_: &mut Context, config: &WaveModel) -> Result<()> {
        if config.times == Value::Known(0) {
            return Err(Failure::new("Invalid number", "Wave at least once.").at("times"));
        }
        Ok(())
    }

    async fn plan(&self, context: &mut Context, config: WaveModel) -> Result<()> {
        match config.behaviour.known_or_null("behaviour")?.as_deref() {
            Some("plan warns") => context.warn("It is dark", "Few will see it."),
            Some("plan fails") => return Err(Failure::new("Cannot wave", "No hand is free.")),
            _ => {}
        }
        Ok(())
    }

    async fn invoke(&self, context: &mut InvokeContext<'_>, config: WaveModel) -> Result<()> {
        let times = config.times.expect_known("times")?;
        for time in 1..=times {
            context.progress(format!("wave {time} of {times}"));
        }
        match config.behaviour.as_deref().unwrap_or_default() {
            "invoke fails" => return Err(Failure::new("The hand is tired", "Try again.")),
            "invoke panics" => fail_by_panic("the hand fell off"),
            "invoke warns" => context.warn("It is dark", "Few saw it."),
            "invoke waits" => {
                context.cancelled().await;
                context.progress("stops");
            }
            "invoke leaves a sender" => {
                let sender = context.progress_sender();
                tokio::spawn(async move {
                    loop {
                        sender.send("still here");
                        tokio::task::yield_now().await;
                    }
                });
            }
            _ => {}
        }
        if let Some(file) = config.file.known() {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            std::fs::write(file, "done")?;
        }
        Ok(())
    }
}

#[track_caller]
#[allow(clippy::panic, reason = "this provider panics on purpose")]
fn fail_by_panic(message: &str) -> ! {
    panic!("{message}")
}
