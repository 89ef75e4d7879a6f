//! Notes: files with a text in them.

use std::io::ErrorKind::NotFound;
use std::{fs, process::ExitCode};

use tfplugin::{Cx, Model, NoConfig, Provider, Registry, Resource, Result, Value};

/// A note, in a file.
#[derive(Clone, Model)]
struct Note {
    /// The file. Another file is another note.
    #[attribute(required, requires_replace)]
    path: Value<String>,
    /// What the note says; nothing when it is left out.
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

    async fn create(&self, cx: &mut Cx, planned: Note) -> Result<Note> {
        fs::File::create_new(planned.path()?)?;
        cx.save(&planned); // There is a file now, whatever happens next.
        planned.written()
    }

    async fn read(&self, _: &mut Cx, mut state: Note) -> Result<Option<Note>> {
        let text = match fs::read_to_string(state.path()?) {
            Err(error) if error.kind() == NotFound => return Ok(None),
            found => found?,
        };
        state.bytes = Value::Known(text.len() as u64);
        if state.text.clone().unwrap_or_default() != text {
            state.text = text.into();
        }
        Ok(Some(state))
    }

    async fn update(&self, _: &mut Cx, _: Note, planned: Note) -> Result<Note> {
        planned.written()
    }

    async fn delete(&self, _: &mut Cx, prior: Note) -> Result<()> {
        match fs::remove_file(prior.path()?) {
            Err(error) if error.kind() == NotFound => Ok(()),
            removed => Ok(removed?),
        }
    }
}

impl Note {
    fn path(&self) -> Result<String> {
        self.path.clone().expect_known(&"path".into())
    }

    fn written(mut self) -> Result<Self> {
        let text = self.text.clone().unwrap_or_default();
        fs::write(self.path()?, &text)?;
        self.bytes = Value::Known(text.len() as u64);
        Ok(self)
    }
}

struct Minimal;

impl Provider for Minimal {
    type Config = NoConfig;
    type Client = ();

    async fn configure(&self, _: &mut Cx, _: NoConfig) -> Result<()> {
        Ok(())
    }

    fn register(registry: &mut Registry<()>) {
        registry.resource::<Notes>();
    }
}

fn main() -> ExitCode {
    tfplugin::serve("registry.terraform.io/example/minimal", Minimal)
}
