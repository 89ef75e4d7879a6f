//! Manages notes, which are text files.

use std::io::ErrorKind::NotFound;
use std::{fs, process::ExitCode};

use tfplugin::{
    ApplyContext, Context, Model, NoConfig, Provider, Registry, Resource, Result, Value,
};

#[cfg(test)]
mod tests;

/// A note in a file.
#[derive(Clone, Model)]
struct Note {
    /// The path of the file. Changing it replaces the note.
    #[attribute(required, requires_replace)]
    path: Value<String>,
    /// The text of the note. Default: empty.
    #[attribute(optional)]
    text: Value<String>,
    /// The length of the text in bytes.
    #[attribute(computed)]
    bytes: Value<u64>,
}

struct Notes;

impl Resource for Notes {
    type Client = ();
    type Model = Note;
    const NAME: &'static str = "minimal_note";

    fn new((): ()) -> Self {
        Self
    }

    async fn create(&self, context: &mut ApplyContext<'_, Note>, planned: Note) -> Result<Note> {
        fs::File::create_new(planned.expect_path()?)?;
        context.save(&planned); // The file exists now, even if a later step fails.
        planned.write()
    }

    async fn read(&self, _: &mut Context, mut state: Note) -> Result<Option<Note>> {
        let text = match fs::read_to_string(state.expect_path()?) {
            Err(error) if error.kind() == NotFound => return Ok(None),
            result => result?,
        };
        state.bytes = Value::Known(text.len() as u64);
        if state.text.clone().unwrap_or_default() != text {
            state.text = text.into();
        }
        Ok(Some(state))
    }

    async fn update(&self, _: &mut ApplyContext<'_, Note>, _: Note, planned: Note) -> Result<Note> {
        planned.write()
    }

    async fn delete(&self, _: &mut ApplyContext<'_, Note>, prior: Note) -> Result<()> {
        match fs::remove_file(prior.expect_path()?) {
            Err(error) if error.kind() == NotFound => Ok(()),
            result => Ok(result?),
        }
    }
}

impl Note {
    fn write(mut self) -> Result<Self> {
        let text = self.text.clone().unwrap_or_default();
        fs::write(self.expect_path()?, &text)?;
        self.bytes = Value::Known(text.len() as u64);
        Ok(self)
    }
}

struct Minimal;

impl Provider for Minimal {
    type Config = NoConfig;
    type Client = ();

    async fn configure(&self, _: &mut Context, _: NoConfig) -> Result<()> {
        Ok(())
    }

    fn register(registry: &mut Registry<()>) {
        registry.resource::<Notes>();
    }
}

fn main() -> ExitCode {
    tfplugin::serve("registry.terraform.io/example/minimal", Minimal)
}
