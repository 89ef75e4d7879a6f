//! The key bindings. The help popup and the key line at the foot of the screen are generated from
//! this table.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tui_input::InputRequest;

use crate::dashboard::msg::Msg;

/// The part of the screen that has the focus. It decides what a key means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyContext {
    /// The list of stacks.
    List,
    /// The page of one stack.
    Detail,
    /// A popup without a text field.
    Popup,
    /// A text field.
    Text,
}

/// One row of the table.
#[derive(Debug)]
pub(crate) struct Binding {
    /// Any of these keys triggers the message.
    keys: &'static [KeyCode],
    /// The keys as the help shows them.
    pub(crate) shown: &'static str,
    /// The message to send.
    pub(crate) msg: Msg,
    /// A short label for the key line.
    pub(crate) label: &'static str,
    /// The sentence in the help.
    pub(crate) help: &'static str,
    /// Where the binding applies.
    contexts: &'static [KeyContext],
}

use KeyContext::{Detail, List, Popup};

const ALL_CONTEXTS: &[KeyContext] = &[List, Detail, Popup];
const SCREENS: &[KeyContext] = &[List, Detail];

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
        &[KeyCode::Home],
        "Home",
        Msg::First,
        "",
        "first line",
        ALL_CONTEXTS,
    ),
    bind(
        &[KeyCode::End],
        "End",
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
        "open the stack; confirm in a popup",
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
        "next tab",
        &[Detail],
    ),
    bind(
        &[KeyCode::BackTab, KeyCode::Left],
        "←",
        Msg::PreviousTab,
        "",
        "previous tab",
        &[Detail],
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
        Msg::Batch,
        "results",
        "show how the last action on marked stacks went, stack by stack",
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
        &[KeyCode::Char('c')],
        "c",
        Msg::Copy,
        "copy",
        "copy the stack's name",
        SCREENS,
    ),
    bind(
        &[KeyCode::Char('r')],
        "r",
        Msg::Refresh,
        "refresh",
        "read the ledger and query AWS now",
        SCREENS,
    ),
    bind(
        &[KeyCode::Char('m')],
        "m",
        Msg::Messages,
        "messages",
        "read the earlier messages again",
        SCREENS,
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
        SCREENS,
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

/// Returns the message for a key in a context; `None` if the key is not bound there.
pub(crate) fn lookup(context: KeyContext, key: &KeyEvent) -> Option<Msg> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return match key.code {
            KeyCode::Char('c') => Some(Msg::ForceQuit),
            KeyCode::Char('z') => Some(Msg::Suspend),
            _ => None,
        };
    }
    if context == KeyContext::Text {
        return match key.code {
            KeyCode::Enter => Some(Msg::Open),
            KeyCode::Esc => Some(Msg::Back),
            KeyCode::Up => Some(Msg::Up),
            KeyCode::Down | KeyCode::Tab => Some(Msg::Down),
            KeyCode::PageUp => Some(Msg::PageUp),
            KeyCode::PageDown => Some(Msg::PageDown),
            _ => None,
        };
    }
    if key.modifiers.contains(KeyModifiers::ALT) {
        return None;
    }
    if let KeyCode::Char(digit @ '1'..='9') = key.code
        && context != List
    {
        let number = digit.to_digit(10)?;
        return u8::try_from(number).ok().map(Msg::Number);
    }
    BINDINGS
        .iter()
        .find(|binding| binding.contexts.contains(&context) && binding.keys.contains(&key.code))
        .map(|binding| binding.msg)
}

/// Whether a key opens a field, or a popup with one, on some screen: what the user types next is
/// meant for that.
pub(crate) fn opens_field(key: &KeyEvent) -> bool {
    let modifiers = KeyModifiers::CONTROL | KeyModifiers::ALT;
    let mut bindings = BINDINGS.iter().filter(|one| one.keys.contains(&key.code));
    !key.modifiers.intersects(modifiers)
        && bindings.any(|binding| {
            matches!(
                binding.msg,
                Msg::Filter | Msg::Teardown | Msg::Extend | Msg::Hold | Msg::Sleep
            )
        })
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

/// Says that a key has no meaning where it was pressed, and which key helps. `None` for keys that
/// produce no character, such as a modifier.
pub(crate) fn hint(context: KeyContext, key: &KeyEvent) -> Option<String> {
    let name = match key.code {
        KeyCode::Char(c) if key.modifiers.contains(KeyModifiers::CONTROL) => format!("Ctrl-{c}"),
        KeyCode::Char(c) if key.modifiers.contains(KeyModifiers::ALT) => format!("Alt-{c}"),
        KeyCode::Char(' ') => "Space".to_owned(),
        KeyCode::Char(c) => c.to_string(),
        KeyCode::F(number) => format!("F{number}"),
        KeyCode::Tab => "Tab".to_owned(),
        KeyCode::BackTab => "Shift-Tab".to_owned(),
        KeyCode::Backspace => "Backspace".to_owned(),
        KeyCode::Delete => "Delete".to_owned(),
        KeyCode::Insert => "Insert".to_owned(),
        KeyCode::Left => "←".to_owned(),
        KeyCode::Right => "→".to_owned(),
        _ => return None,
    };
    let bound_in = |wanted: KeyContext| {
        let plain = !key
            .modifiers
            .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        plain
            && BINDINGS.iter().any(|binding| {
                binding.contexts.contains(&wanted) && binding.keys.contains(&key.code)
            })
    };
    Some(match context {
        Popup => format!("{name} does nothing in this window; Esc closes it"),
        Detail if bound_in(List) => format!("{name} works in the list; Esc goes back to it"),
        List if bound_in(Detail) || matches!(key.code, KeyCode::Char('1'..='9')) => {
            format!("{name} works on a stack's page; Enter opens it")
        }
        _ => format!("{name} is not a key of the dashboard; ? lists the keys"),
    })
}

/// Returns the binding that sends a message.
pub(crate) fn binding(msg: Msg) -> Option<&'static Binding> {
    BINDINGS.iter().find(|binding| binding.msg == msg)
}
