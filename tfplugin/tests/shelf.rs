//! A provider of books on shelves, in memory, with identities and lists.
//!
//! Some titles and shelves make a call fail, so that a test can see what survives.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tfplugin::testing::Harness;
use tfplugin::{
    ApplyContext, Context, Failure, Identify, Import, ListContext, ListResource, Model, MoveFrom,
    MoveSource, NoConfig, Provider, Registry, Resource, Result, StoredState, UpgradeIdentity,
    Value,
};

/// A book.
#[derive(Clone, Debug, Default, Model)]
pub(crate) struct Book {
    /// The shelf. Changing it replaces the book.
    #[attribute(required, requires_replace)]
    shelf: Value<String>,
    /// The title.
    #[attribute(optional)]
    title: Value<String>,
    /// The place on the shelf.
    #[attribute(computed)]
    number: Value<u64>,
    /// The number of updates.
    #[attribute(computed)]
    edition: Value<u64>,
}

/// The identity of a book.
#[derive(Clone, Debug, Model)]
#[model(version = 1)]
pub(crate) struct BookIdentity {
    /// The shelf.
    #[attribute(required, validate = not_empty)]
    shelf: Value<String>,
    /// The place on the shelf. Default: the first book.
    #[attribute(optional)]
    number: Value<u64>,
}

/// Which books to list.
#[derive(Clone, Debug, Model)]
#[model(nested)]
pub(crate) struct BookFilter {
    /// Only books on this shelf.
    #[attribute(optional, validate = not_empty)]
    shelf: Value<String>,
    /// How the list call answers. Default: `whole` books.
    #[attribute(optional, default = "whole")]
    count: Value<String>,
}

fn not_empty(shelf: &str) -> Result<(), &'static str> {
    if shelf.is_empty() {
        Err("A shelf has a name.")
    } else {
        Ok(())
    }
}

/// All books, and counts of what the provider did.
#[derive(Clone, Debug, Default)]
pub(crate) struct Library(Arc<LibraryState>);

#[derive(Debug, Default)]
struct LibraryState {
    books: Mutex<BTreeMap<(String, u64), Book>>,
    sent: AtomicUsize,
    dropped: AtomicUsize,
}

impl Library {
    /// The number of objects that lists have sent.
    pub(crate) fn sent(&self) -> usize {
        self.0.sent.load(Ordering::Relaxed)
    }

    /// The number of lists that have ended, in whatever way.
    pub(crate) fn ended_lists(&self) -> usize {
        self.0.dropped.load(Ordering::Relaxed)
    }

    /// Removes a book without Terraform.
    pub(crate) fn remove(&self, shelf: &str, number: u64) {
        let mut books = self.0.books.lock().unwrap();
        books.remove(&(shelf.to_owned(), number)).unwrap();
    }

    fn all(&self) -> Vec<Book> {
        self.0.books.lock().unwrap().values().cloned().collect()
    }
}

/// Counts when a list ends.
struct CountDrop(Library);

impl Drop for CountDrop {
    fn drop(&mut self) {
        self.0.0.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

pub(crate) struct Books {
    library: Library,
}

impl Books {
    fn put(&self, book: Book) -> Result<Book> {
        let key = (book.expect_shelf()?.clone(), *book.expect_number()?);
        self.library
            .0
            .books
            .lock()
            .unwrap()
            .insert(key, book.clone());
        Ok(book)
    }
}

impl Resource for Books {
    type Client = Library;
    type Model = Book;

    const NAME: &'static str = "shelf_book";

    fn new(library: Library) -> Self {
        Self { library }
    }

    async fn create(&self, context: &mut ApplyContext<'_, Book>, planned: Book) -> Result<Book> {
        let title = planned.title.clone().unwrap_or_default();
        let shelf = planned.expect_shelf()?.clone();
        let on_shelf = |book: &Book| book.shelf.as_deref() == Value::Known(&shelf);
        let number = self
            .library
            .all()
            .iter()
            .filter(|book| on_shelf(book))
            .count() as u64;
        let book = Book {
            number: Value::Known(number + 1),
            edition: Value::Known(1),
            ..planned
        };
        context.save(&book);
        if title == "create fails" {
            return Err(Failure::new("The shelf broke", ""));
        }
        self.put(book)
    }

    async fn read(&self, _: &mut Context, state: Book) -> Result<Option<Book>> {
        if state.title.as_deref() == Value::Known("read fails") {
            return Err(Failure::new("The light is off", ""));
        }
        let books = self.library.all();
        let found = books.into_iter().find(|book| {
            book.shelf == state.shelf && (state.number.is_null() || book.number == state.number)
        });
        Ok(found.map(|book| match book.title.as_deref() {
            Value::Known("moves by itself") => Book {
                shelf: "elsewhere".to_owned().into(),
                ..book
            },
            _ => book,
        }))
    }

    async fn update(
        &self,
        _: &mut ApplyContext<'_, Book>,
        prior: Book,
        planned: Book,
    ) -> Result<Book> {
        let moved = planned.title.as_deref() == Value::Known("update moves it");
        let number = prior.number.unwrap_or_default() + u64::from(moved);
        self.put(Book {
            number: number.into(),
            edition: (prior.edition.unwrap_or_default() + 1).into(),
            ..planned
        })
    }

    async fn delete(&self, _: &mut ApplyContext<'_, Book>, prior: Book) -> Result<()> {
        let key = (prior.expect_shelf()?.clone(), *prior.expect_number()?);
        self.library.0.books.lock().unwrap().remove(&key);
        Ok(())
    }

    fn generate_config(config: Book) -> Result<Book> {
        assert_ne!(
            config.title.as_deref(),
            Value::Known("generate panics"),
            "the pen is empty"
        );
        Ok(config)
    }
}

impl Import for Books {
    async fn import(&self, _: &mut Context, id: String) -> Result<Book> {
        let (shelf, number) = id
            .split_once('/')
            .ok_or_else(|| Failure::new("Invalid id", "Write SHELF/NUMBER."))?;
        Ok(Book {
            shelf: shelf.to_owned().into(),
            number: number.parse::<u64>()?.into(),
            ..Book::default()
        })
    }
}

impl MoveFrom for Books {
    fn move_from(_: &mut Context, source: MoveSource) -> Result<Option<Book>> {
        Ok(Some(Book {
            shelf: source.state.str("shelf").map(str::to_owned).into(),
            number: Value::Known(1),
            ..Book::default()
        }))
    }
}

impl Identify for Books {
    type Identity = BookIdentity;

    fn identity(&self, book: &Book) -> BookIdentity {
        assert_ne!(
            book.title.as_deref(),
            Value::Known("identity panics"),
            "this book has no name"
        );
        let shelf = match book.title.as_deref() {
            Value::Known("identity is incomplete") => Value::Null,
            _ => book.shelf.clone(),
        };
        BookIdentity {
            shelf,
            number: book.number,
        }
    }

    async fn import_by_identity(&self, _: &mut Context, identity: BookIdentity) -> Result<Book> {
        let shelf = identity.expect_shelf()?.clone();
        assert_ne!(shelf, "panics", "the shelf fell down");
        Ok(Book {
            shelf: match shelf.as_str() {
                "confused" => "other".to_owned().into(),
                _ => shelf.into(),
            },
            number: identity.number,
            ..Book::default()
        })
    }
}

impl UpgradeIdentity for Books {
    fn upgrade_identity(_: &mut Context, stored: StoredState) -> Result<BookIdentity> {
        let place = stored.str("place").expect("version 0 has a place");
        let (shelf, number) = place
            .split_once('/')
            .ok_or_else(|| Failure::new("Invalid place", place))?;
        Ok(BookIdentity {
            shelf: shelf.to_owned().into(),
            number: number.parse::<u64>()?.into(),
        })
    }
}

impl ListResource for Books {
    type Filter = BookFilter;

    fn validate_filter(context: &mut Context, filter: &BookFilter) -> Result<()> {
        match filter.count.as_deref() {
            Value::Known("validation panics") => panic!("the form tore"),
            Value::Known("strange") => {
                context.warn("A strange question", "");
                Err(Failure::new("Nothing to count", "").at("count"))
            }
            _ => Ok(()),
        }
    }

    async fn list(&self, found: &mut ListContext<'_, Self>, filter: BookFilter) -> Result<()> {
        let _ended = CountDrop(self.library.clone());
        let count = filter.count.clone().unwrap_or_default();
        if count == "warn" {
            found.warn("Some books are on loan", "They are not listed.");
        }
        let books = self.library.all();
        let mut books = books.into_iter().filter(|book| match &filter.shelf {
            Value::Known(shelf) => book.shelf.as_deref() == Value::Known(shelf),
            Value::Null | Value::Unknown => true,
        });
        if count == "fail after one" {
            if let Some(book) = books.next() {
                found.send_object("first", book).await;
            }
            return Err(Failure::new(
                "The catalogue is closed",
                "Come back tomorrow.",
            ));
        }
        for book in books {
            let name = format!("{} {}", book.expect_shelf()?, book.expect_number()?);
            self.library.0.sent.fetch_add(1, Ordering::Relaxed);
            if count == "identities" {
                found.send(name, self.identity(&book)).await?;
            } else {
                found.send_object(name, book).await;
            }
        }
        match count.as_str() {
            "wait" => found.cancelled().await,
            "panic" => panic!("the catalogue burned"),
            "warn" => found.warn("That was all", ""),
            _ => {}
        }
        Ok(())
    }
}

/// The provider.
pub(crate) struct Shelf(pub(crate) Library);

impl Provider for Shelf {
    type Config = NoConfig;
    type Client = Library;

    async fn configure(&self, _: &mut Context, _: NoConfig) -> Result<Library> {
        Ok(self.0.clone())
    }

    fn register(registry: &mut Registry<Library>) {
        registry
            .resource::<Books>()
            .importable()
            .movable()
            .identifiable()
            .identity_upgradable()
            .listable();
    }
}

/// A configured provider and its library.
pub(crate) async fn configured() -> (Harness<Shelf>, Library) {
    let library = Library::default();
    let harness = Harness::new(Shelf(library.clone()));
    harness.configure(serde_json::json!({})).await.unwrap();
    (harness, library)
}
