//! The key bindings. The help popup and the key line at the foot of the screen are generated from
//! this table.

mod custom;
mod stroke;

use std::borrow::Cow;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tui_input::InputRequest;

pub(crate) use self::custom::Keymap;
pub(crate) use self::stroke::{KeySequence, KeyStroke};
use crate::dashboard::msg::Msg;

/// The part of the screen that has the focus. It decides what a key means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyContext {
    /// The list of stacks.
    List,
    /// The page of one stack.
    Detail,
    /// The economics of all stacks.
    Economics,
    /// A popup without a text field.
    Popup,
    /// A text field.
    Text,
    /// The command line.
    CommandLine,
}

/// What a key, or two in a row, mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyMeaning {
    /// This message.
    Act(Msg),
    /// The beginning of two keys in a row. If no other key follows soon, the message.
    Wait(Option<Msg>),
    /// Nothing.
    Unbound,
}

/// One row of the table.
#[derive(Debug)]
pub(crate) struct Binding {
    /// Any of these keys triggers the message.
    keys: &'static [KeyCode],
    /// The keys as the help shows them, unless the user has changed them.
    shown: &'static str,
    /// The message to send.
    pub(crate) msg: Msg,
    /// A short label for the key line.
    pub(crate) label: &'static str,
    /// The sentence in the help.
    pub(crate) help: &'static str,
    /// Where the binding applies.
    contexts: &'static [KeyContext],
}

use KeyContext::{Detail, Economics, List, Popup};

const ALL_CONTEXTS: &[KeyContext] = &[List, Detail, Economics, Popup];
/// The screens on which a stack is open or selected.
const SCREENS: &[KeyContext] = &[List, Detail];
const EVERY_SCREEN: &[KeyContext] = &[List, Detail, Economics];

/// All keys except those that edit text, in the order of the help.
pub(crate) const BINDINGS: &[Binding] = &[
    bind(
        &[KeyCode::Down, KeyCode::Char('j')],
        "↓ j",
        Msg::Down,
        "down",
        "next line",
        ALL_CONTEXTS,
    ),
    bind(
        &[KeyCode::Up, KeyCode::Char('k')],
        "↑ k",
        Msg::Up,
        "up",
        "previous line",
        ALL_CONTEXTS,
    ),
    bind(
        &[KeyCode::PageDown],
        "PgDn",
        Msg::PageDown,
        "",
        "next page",
        ALL_CONTEXTS,
    ),
    bind(
        &[KeyCode::PageUp],
        "PgUp",
        Msg::PageUp,
        "",
        "previous page",
        ALL_CONTEXTS,
    ),
    bind(
        &[],
        "Ctrl-d",
        Msg::HalfPageDown,
        "",
        "half a page down",
        ALL_CONTEXTS,
    ),
    bind(
        &[],
        "Ctrl-u",
        Msg::HalfPageUp,
        "",
        "half a page up",
        ALL_CONTEXTS,
    ),
    bind(
        &[KeyCode::Home],
        "Home gg",
        Msg::First,
        "first line",
        "first line; a single g waits half a second for the second one",
        ALL_CONTEXTS,
    ),
    bind(
        &[KeyCode::End, KeyCode::Char('G')],
        "End G",
        Msg::Last,
        "",
        "last line",
        ALL_CONTEXTS,
    ),
    bind(
        &[KeyCode::Enter],
        "Enter",
        Msg::Open,
        "open",
        "open the stack; explain the figure; confirm in a popup",
        ALL_CONTEXTS,
    ),
    bind(
        &[KeyCode::Esc],
        "Esc",
        Msg::Back,
        "back",
        "go back, close the popup, clear the filter, then the marks",
        ALL_CONTEXTS,
    ),
    bind(
        &[KeyCode::Tab, KeyCode::Right],
        "Tab →",
        Msg::NextTab,
        "next tab",
        "next tab; with $: the figure on the right",
        &[Detail, Economics],
    ),
    bind(
        &[KeyCode::BackTab, KeyCode::Left],
        "←",
        Msg::PreviousTab,
        "",
        "previous tab; with $: the figure on the left",
        &[Detail, Economics],
    ),
    bind(
        &[KeyCode::Char('/')],
        "/",
        Msg::Filter,
        "filter",
        "filter: words, owner:ana, phase:purgatory, flag:held, !not",
        &[List],
    ),
    bind(
        &[KeyCode::Char('s')],
        "s",
        Msg::Sort,
        "sort",
        "sort the list; the same column again reverses the order",
        &[List, Popup],
    ),
    bind(
        &[KeyCode::Char('g')],
        "g",
        Msg::Group,
        "group",
        "group by app or owner, or ungroup",
        &[List],
    ),
    bind(
        &[KeyCode::Char(' ')],
        "Space",
        Msg::Mark,
        "mark",
        "mark the stack: d e h u z w then act on all marked stacks",
        &[List],
    ),
    bind(
        &[KeyCode::Char('*')],
        "*",
        Msg::MarkAll,
        "mark all",
        "mark all stacks that the filter shows, or unmark them",
        &[List],
    ),
    bind(
        &[KeyCode::Char('b')],
        "b",
        Msg::Results,
        "results",
        "show how the last action on marked stacks went, stack by stack",
        SCREENS,
    ),
    bind(
        &[KeyCode::Char(':')],
        ":",
        Msg::Command,
        "command",
        "command line: sort, group, filter, columns, theme and more",
        SCREENS,
    ),
    bind(
        &[KeyCode::Char('d')],
        "d",
        Msg::Teardown,
        "teardown",
        "plan a teardown; y starts it, or the number of marked stacks",
        SCREENS,
    ),
    bind(
        &[KeyCode::Char('e')],
        "e",
        Msg::Extend,
        "extend",
        "extend the lease, within the limits of the policy",
        SCREENS,
    ),
    bind(
        &[KeyCode::Char('h')],
        "h",
        Msg::Hold,
        "hold",
        "hold: the reaper leaves the stack alone until a set time",
        SCREENS,
    ),
    bind(
        &[KeyCode::Char('u')],
        "u",
        Msg::Unhold,
        "unhold",
        "end the hold now",
        SCREENS,
    ),
    bind(
        &[KeyCode::Char('z')],
        "z",
        Msg::Sleep,
        "sleep",
        "put to sleep: stop compute, keep data",
        SCREENS,
    ),
    bind(
        &[KeyCode::Char('u')],
        "u",
        Msg::Until,
        "until",
        "in the sleep popup: set the time when the reaper wakes it",
        &[Popup],
    ),
    bind(
        &[KeyCode::Char('w')],
        "w",
        Msg::Wake,
        "wake",
        "wake: start its compute again",
        SCREENS,
    ),
    bind(
        &[KeyCode::Char('$')],
        "$",
        Msg::Economics,
        "economics",
        "economics of all stacks: spend, idle cost, starts",
        EVERY_SCREEN,
    ),
    bind(
        &[KeyCode::Char('c')],
        "c",
        Msg::Copy,
        "copy",
        "copy the stack's name",
        SCREENS,
    ),
    bind(
        &[KeyCode::Char('o')],
        "o",
        Msg::OpenUrl,
        "open URL",
        "open the app's URL, or the stack in the AWS console",
        SCREENS,
    ),
    bind(
        &[KeyCode::Char('l')],
        "l",
        Msg::Log,
        "log",
        "read the steps of the last teardown, sleep or wake",
        SCREENS,
    ),
    bind(
        &[KeyCode::Char('r')],
        "r",
        Msg::Refresh,
        "refresh",
        "read the ledger and query AWS now",
        EVERY_SCREEN,
    ),
    bind(
        &[KeyCode::Char('m')],
        "m",
        Msg::Messages,
        "messages",
        "read the earlier messages again",
        EVERY_SCREEN,
    ),
    bind(
        &[KeyCode::Char('y')],
        "y",
        Msg::Yes,
        "yes",
        "confirm the plan on the screen",
        &[Popup],
    ),
    bind(
        &[KeyCode::Char('?')],
        "?",
        Msg::Help,
        "help",
        "show this help",
        EVERY_SCREEN,
    ),
    bind(
        &[KeyCode::Char('q')],
        "q",
        Msg::Quit,
        "quit",
        "quit; Ctrl-C quits anywhere, Ctrl-Z suspends",
        ALL_CONTEXTS,
    ),
];

const fn bind(
    keys: &'static [KeyCode],
    shown: &'static str,
    msg: Msg,
    label: &'static str,
    help: &'static str,
    contexts: &'static [KeyContext],
) -> Binding {
    Binding {
        keys,
        shown,
        msg,
        label,
        help,
        contexts,
    }
}

/// Whether a key event is a press. Some terminals also report releases.
pub(crate) fn is_press(key: &KeyEvent) -> bool {
    key.kind != KeyEventKind::Release
}

impl Binding {
    /// The name of the action in the config file.
    pub(crate) fn action(&self) -> String {
        match serde_json::to_value(self.msg) {
            Ok(serde_json::Value::String(name)) => name,
            _ => String::new(),
        }
    }

    /// The keys without a change by the user.
    fn default_keys(&self) -> Vec<KeySequence> {
        let keys = self.keys.iter();
        let mut keys: Vec<KeySequence> = keys
            .map(|code| KeySequence::one(KeyStroke::plain(*code)))
            .collect();
        keys.extend(match self.msg {
            Msg::First => Some(KeySequence::twice(KeyStroke::plain(KeyCode::Char('g')))),
            Msg::HalfPageDown => Some(KeySequence::one(KeyStroke::control('d'))),
            Msg::HalfPageUp => Some(KeySequence::one(KeyStroke::control('u'))),
            _ => None,
        });
        keys
    }
}

/// The meaning of the keys that no configuration changes; `None` for all others.
fn fixed(context: KeyContext, key: &KeyEvent) -> Option<KeyMeaning> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let meaning = match (key.code, context) {
        (KeyCode::Char('c'), _) if control => Some(Msg::ForceQuit),
        (KeyCode::Char('z'), _) if control => Some(Msg::Suspend),
        (KeyCode::Char('p'), KeyContext::CommandLine) if control => Some(Msg::Up),
        (KeyCode::Char('n'), KeyContext::CommandLine) if control => Some(Msg::Down),
        (_, KeyContext::Text | KeyContext::CommandLine) if control => None,
        (KeyCode::Enter, KeyContext::Text | KeyContext::CommandLine) => Some(Msg::Open),
        (KeyCode::Esc, KeyContext::Text | KeyContext::CommandLine) => Some(Msg::Back),
        (KeyCode::Up, KeyContext::Text | KeyContext::CommandLine) => Some(Msg::Up),
        (KeyCode::Down, KeyContext::Text | KeyContext::CommandLine)
        | (KeyCode::Tab, KeyContext::Text) => Some(Msg::Down),
        (KeyCode::PageUp, KeyContext::Text) => Some(Msg::PageUp),
        (KeyCode::PageDown, KeyContext::Text) => Some(Msg::PageDown),
        (KeyCode::Tab, KeyContext::CommandLine) => Some(Msg::NextTab),
        (KeyCode::BackTab, KeyContext::CommandLine) => Some(Msg::PreviousTab),
        (_, KeyContext::Text | KeyContext::CommandLine) => None,
        (KeyCode::Char(digit @ '1'..='9'), Detail | Popup) if !control => {
            let number = digit
                .to_digit(10)
                .and_then(|digit| u8::try_from(digit).ok());
            number.map(Msg::Number)
        }
        _ => return None,
    };
    Some(meaning.map_or(KeyMeaning::Unbound, KeyMeaning::Act))
}

impl Keymap {
    /// Returns what a key means in a context, after the keys of which it is the continuation.
    pub(crate) fn lookup(
        &self,
        context: KeyContext,
        before: Option<KeyStroke>,
        key: &KeyEvent,
    ) -> KeyMeaning {
        if let Some(meaning) = fixed(context, key) {
            return meaning;
        }
        let Some(stroke) = KeyStroke::of(key) else {
            return KeyMeaning::Unbound;
        };
        let typed: Vec<KeyStroke> = before.into_iter().chain([stroke]).collect();
        let (mut exact, mut continues) = (None, false);
        for binding in BINDINGS
            .iter()
            .filter(|one| one.contexts.contains(&context))
        {
            for keys in self.keys(binding).iter() {
                if keys.strokes() == typed {
                    exact = exact.or(Some(binding.msg));
                }
                continues |= keys.continues(&typed);
            }
        }
        match (exact, continues) {
            (exact, true) => KeyMeaning::Wait(exact),
            (Some(msg), false) => KeyMeaning::Act(msg),
            (None, false) => KeyMeaning::Unbound,
        }
    }

    /// The keys that can follow a key in a context, each with its label.
    pub(crate) fn continuations(
        &self,
        context: KeyContext,
        before: KeyStroke,
    ) -> Vec<(KeyStroke, &'static str)> {
        let bindings = BINDINGS
            .iter()
            .filter(|one| one.contexts.contains(&context));
        let mut found = Vec::new();
        for binding in bindings {
            for keys in self.keys(binding).iter() {
                if let ([first, next], true) = (keys.strokes(), keys.continues(&[before])) {
                    debug_assert_eq!(*first, before);
                    found.push((*next, binding.label));
                }
            }
        }
        found
    }

    /// The keys of a binding, as the help shows them.
    pub(crate) fn shown(&self, binding: &Binding) -> Cow<'static, str> {
        if !self.is_changed(binding.msg) {
            return Cow::Borrowed(binding.shown);
        }
        let keys: Vec<String> = self.keys(binding).iter().map(ToString::to_string).collect();
        if keys.is_empty() {
            return Cow::Borrowed("none");
        }
        Cow::Owned(keys.join(" "))
    }

    /// The first key of a message, for a sentence; the command line if it has none.
    pub(crate) fn key(&self, msg: Msg) -> Cow<'static, str> {
        let Some(binding) = binding(msg) else {
            return Cow::Borrowed("");
        };
        match self.keys(binding).first() {
            Some(keys) => Cow::Owned(keys.to_string()),
            None => Cow::Owned(format!(":{}", binding.action())),
        }
    }

    /// Whether a key opens a field, or a popup with one, on some screen: what the user types next
    /// is meant for that.
    pub(crate) fn opens_field(&self, key: &KeyEvent) -> bool {
        let Some(stroke) = KeyStroke::of(key) else {
            return false;
        };
        let opens = |msg: Msg| {
            matches!(
                msg,
                Msg::Filter | Msg::Teardown | Msg::Extend | Msg::Hold | Msg::Sleep
            )
        };
        let mut bindings = BINDINGS.iter().filter(|binding| opens(binding.msg));
        bindings.any(|binding| self.has(binding, stroke))
    }

    fn has(&self, binding: &Binding, stroke: KeyStroke) -> bool {
        let keys = self.keys(binding);
        keys.iter()
            .any(|keys| keys.strokes().first() == Some(&stroke))
    }

    /// Says that a key has no meaning where it was pressed, and which key helps. `None` for keys
    /// that produce no character, such as a modifier.
    pub(crate) fn hint(&self, context: KeyContext, key: &KeyEvent) -> Option<String> {
        let name = match key.code {
            KeyCode::Char(c) if key.modifiers.contains(KeyModifiers::ALT) => format!("Alt-{c}"),
            KeyCode::Char(_)
            | KeyCode::F(_)
            | KeyCode::Tab
            | KeyCode::BackTab
            | KeyCode::Backspace
            | KeyCode::Delete
            | KeyCode::Insert
            | KeyCode::Left
            | KeyCode::Right => KeyStroke::of(key)?.to_string(),
            _ => return None,
        };
        let bound_in = |wanted: KeyContext| {
            KeyStroke::of(key).is_some_and(|stroke| {
                BINDINGS
                    .iter()
                    .any(|binding| binding.contexts.contains(&wanted) && self.has(binding, stroke))
            })
        };
        let (open, help) = (self.key(Msg::Open), self.key(Msg::Help));
        Some(match context {
            Popup => format!("{name} does nothing in this window; Esc closes it"),
            Detail | Economics if bound_in(List) => {
                format!("{name} works in the list; Esc goes back to it")
            }
            List if bound_in(Detail) || matches!(key.code, KeyCode::Char('1'..='9')) => {
                format!("{name} works on a stack's page; {open} opens it")
            }
            _ => format!("{name} is not a key of the dashboard; {help} lists the keys"),
        })
    }
}

/// Returns what a key does in a text field.
pub(crate) fn edit(key: &KeyEvent) -> Option<InputRequest> {
    use InputRequest as R;
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(match key.code {
        KeyCode::Char('u') if control => R::DeleteLine,
        KeyCode::Char('w') if control => R::DeletePrevWord,
        KeyCode::Char('a') if control => R::GoToStart,
        KeyCode::Char('e') if control => R::GoToEnd,
        KeyCode::Char(_) if control => return None,
        KeyCode::Char(c) => R::InsertChar(c),
        KeyCode::Backspace => R::DeletePrevChar,
        KeyCode::Delete => R::DeleteNextChar,
        KeyCode::Left => R::GoToPrevChar,
        KeyCode::Right => R::GoToNextChar,
        KeyCode::Home => R::GoToStart,
        KeyCode::End => R::GoToEnd,
        _ => return None,
    })
}

/// Returns the binding that sends a message.
pub(crate) fn binding(msg: Msg) -> Option<&'static Binding> {
    BINDINGS.iter().find(|binding| binding.msg == msg)
}
