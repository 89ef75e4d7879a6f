//! Which key means what. The help screen and the foot of the screen are printed from the same table.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tui_input::InputRequest;

use crate::dashboard::msg::Msg;

/// Where keys are pressed; it decides what they mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The list of stacks.
    List,
    /// One stack.
    Detail,
    /// A popup that offers choices or asks for a yes.
    Popup,
    /// A line that is being written.
    Text,
}

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Binding {
    /// The keys, each of which means it.
    keys: &'static [KeyCode],
    /// The keys, as the help writes them.
    pub(crate) shown: &'static str,
    /// What they mean.
    pub(crate) msg: Msg,
    /// One word for the foot of the screen.
    pub(crate) word: &'static str,
    /// What happens, for the help.
    pub(crate) help: &'static str,
    /// Where they mean it.
    places: &'static [Place],
}

use Place::{Detail, List, Popup};

const EVERYWHERE: &[Place] = &[List, Detail, Popup];
const SCREENS: &[Place] = &[List, Detail];

/// Every key of the dashboard but those that write text, in the order of the help.
pub(crate) const BINDINGS: &[Binding] = &[
    bind(
        &[KeyCode::Down, KeyCode::Char('j')],
        "↓ j",
        Msg::Down,
        "down",
        "the next line",
        EVERYWHERE,
    ),
    bind(
        &[KeyCode::Up, KeyCode::Char('k')],
        "↑ k",
        Msg::Up,
        "up",
        "the line before",
        EVERYWHERE,
    ),
    bind(
        &[KeyCode::PageDown],
        "PgDn",
        Msg::PageDown,
        "",
        "one screen down",
        EVERYWHERE,
    ),
    bind(
        &[KeyCode::PageUp],
        "PgUp",
        Msg::PageUp,
        "",
        "one screen up",
        EVERYWHERE,
    ),
    bind(
        &[KeyCode::Home],
        "Home",
        Msg::First,
        "",
        "the first line",
        EVERYWHERE,
    ),
    bind(
        &[KeyCode::End],
        "End",
        Msg::Last,
        "",
        "the last line",
        EVERYWHERE,
    ),
    bind(
        &[KeyCode::Enter],
        "Enter",
        Msg::Open,
        "detail",
        "open the stack; accept in a popup",
        EVERYWHERE,
    ),
    bind(
        &[KeyCode::Esc],
        "Esc",
        Msg::Back,
        "back",
        "close what is open; clear the filter",
        EVERYWHERE,
    ),
    bind(
        &[KeyCode::Tab, KeyCode::Right],
        "Tab →",
        Msg::NextTab,
        "next tab",
        "the next tab of a stack",
        &[Detail],
    ),
    bind(
        &[KeyCode::BackTab, KeyCode::Left],
        "←",
        Msg::PreviousTab,
        "",
        "the tab before",
        &[Detail],
    ),
    bind(
        &[KeyCode::Char('/')],
        "/",
        Msg::Filter,
        "filter",
        "narrow: words, owner:ana, phase:purgatory, flag:held, !not",
        &[List],
    ),
    bind(
        &[KeyCode::Char('s')],
        "s",
        Msg::Sort,
        "sort",
        "choose the order; the same again reverses it",
        &[List, Popup],
    ),
    bind(
        &[KeyCode::Char('g')],
        "g",
        Msg::Group,
        "group",
        "group by app, by owner, or not at all",
        &[List],
    ),
    bind(
        &[KeyCode::Char('d')],
        "d",
        Msg::Teardown,
        "teardown",
        "show what a teardown would remove, then y does it",
        SCREENS,
    ),
    bind(
        &[KeyCode::Char('e')],
        "e",
        Msg::Extend,
        "extend",
        "give it more time, as far as the policy allows",
        SCREENS,
    ),
    bind(
        &[KeyCode::Char('h')],
        "h",
        Msg::Hold,
        "hold",
        "keep the reaper away until a stated time",
        SCREENS,
    ),
    bind(
        &[KeyCode::Char('u')],
        "u",
        Msg::Unhold,
        "unhold",
        "end a hold before its time",
        SCREENS,
    ),
    bind(
        &[KeyCode::Char('z')],
        "z",
        Msg::Sleep,
        "sleep",
        "put it to sleep: stop its compute, keep its data",
        SCREENS,
    ),
    bind(
        &[KeyCode::Char('u')],
        "u",
        Msg::Until,
        "until",
        "before a sleep: say until when; the reaper wakes it then",
        &[Popup],
    ),
    bind(
        &[KeyCode::Char('w')],
        "w",
        Msg::Wake,
        "wake",
        "wake it: start its compute as it was",
        SCREENS,
    ),
    bind(
        &[KeyCode::Char('c')],
        "c",
        Msg::Copy,
        "copy",
        "copy the name",
        SCREENS,
    ),
    bind(
        &[KeyCode::Char('r')],
        "r",
        Msg::Refresh,
        "refresh",
        "read the ledger and ask the cloud now",
        SCREENS,
    ),
    bind(
        &[KeyCode::Char('y')],
        "y",
        Msg::Yes,
        "yes",
        "confirm, once the plan is on the screen",
        &[Popup],
    ),
    bind(
        &[KeyCode::Char('?')],
        "?",
        Msg::Help,
        "help",
        "these keys",
        SCREENS,
    ),
    bind(
        &[KeyCode::Char('q')],
        "q",
        Msg::Quit,
        "quit",
        "leave; Ctrl-C from anywhere, Ctrl-Z for a while",
        EVERYWHERE,
    ),
];

const fn bind(
    keys: &'static [KeyCode],
    shown: &'static str,
    msg: Msg,
    word: &'static str,
    help: &'static str,
    places: &'static [Place],
) -> Binding {
    Binding {
        keys,
        shown,
        msg,
        word,
        help,
        places,
    }
}

/// Whether an event of a key is one press. Some terminals tell releases as well.
pub(crate) fn is_press(key: &KeyEvent) -> bool {
    key.kind != KeyEventKind::Release
}

/// What a key means in a place; `None` when it means nothing there.
pub(crate) fn msg(place: Place, key: &KeyEvent) -> Option<Msg> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return match key.code {
            KeyCode::Char('c') => Some(Msg::Leave),
            KeyCode::Char('z') => Some(Msg::Suspend),
            _ => None,
        };
    }
    if place == Place::Text {
        return match key.code {
            KeyCode::Enter => Some(Msg::Open),
            KeyCode::Esc => Some(Msg::Back),
            KeyCode::Up => Some(Msg::Up),
            KeyCode::Down | KeyCode::Tab => Some(Msg::Down),
            _ => None,
        };
    }
    if key.modifiers.contains(KeyModifiers::ALT) {
        return None;
    }
    if let KeyCode::Char(digit @ '1'..='9') = key.code
        && place != List
    {
        let number = digit.to_digit(10)?;
        return u8::try_from(number).ok().map(Msg::Number);
    }
    BINDINGS
        .iter()
        .find(|binding| binding.places.contains(&place) && binding.keys.contains(&key.code))
        .map(|binding| binding.msg)
}

/// What a key does to a line that is being written.
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

/// The line of the table for a meaning.
pub(crate) fn of(msg: Msg) -> Option<&'static Binding> {
    BINDINGS.iter().find(|binding| binding.msg == msg)
}
