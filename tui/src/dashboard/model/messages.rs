//! The messages of the status line: the one on the screen, those that wait for their turn, and the
//! earlier ones, which the user can read again.

use std::collections::VecDeque;

use jiff::Timestamp;
use stack::Elapsed;

use crate::format::style::Tone;

/// How many seconds a message stays if another one waits.
const TURN_SECONDS: u64 = 4;

/// How many seconds a message stays if no other waits.
const SHOWN_SECONDS: u64 = 15;

/// How many messages the user can read again: those of a long session, in a few hundred kilobytes.
const MAX_EARLIER: usize = 2_000;

/// A message about an action or a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// The text.
    pub(crate) text: String,
    /// How important it is.
    pub(crate) tone: Tone,
    /// Whether the user should read it. Other messages only accompany an action: the next message
    /// replaces them, and they cannot be read again.
    pub(crate) lasting: bool,
    /// When it was posted.
    pub(crate) at: Timestamp,
}

/// All messages.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    /// The message in the status line, and since when it is there.
    shown: Option<(Message, Timestamp)>,
    /// The message in the status line is the answer to a key. The next key makes it obsolete.
    shows_answer: bool,
    waiting: VecDeque<Message>,
    earlier: VecDeque<Message>,
    /// The number of messages that are no longer among the earlier ones.
    dropped: usize,
}

impl Messages {
    /// The message in the status line.
    pub(crate) fn shown(&self) -> Option<&Message> {
        self.shown.as_ref().map(|(message, _)| message)
    }

    /// The number of messages that wait for their turn.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Every message that can be read again, newest first.
    pub(crate) fn earlier(&self) -> impl DoubleEndedIterator<Item = &Message> + ExactSizeIterator {
        self.earlier.iter().rev()
    }

    /// The number of older messages that cannot be read again.
    pub(crate) fn dropped(&self) -> usize {
        self.dropped
    }

    /// Posts a message. The answer to a key is shown at once; any other message waits until the
    /// user had time to read the one before it.
    pub(crate) fn post(&mut self, message: Message, answers_key: bool) {
        let now = message.at;
        if message.lasting {
            self.earlier.push_back(message.clone());
            if self.earlier.len() > MAX_EARLIER {
                self.earlier.pop_front();
                self.dropped += 1;
            }
        }
        let is_unread = self
            .shown
            .as_ref()
            .is_some_and(|(shown, since)| shown.lasting && !is_over(*since, TURN_SECONDS, now));
        if answers_key {
            let unread = self.shown.take();
            let unread = unread.filter(|_| is_unread && !self.shows_answer);
            if let Some((unread, _)) = unread {
                self.waiting.push_front(unread);
            }
        } else if is_unread || !self.waiting.is_empty() {
            if message.lasting {
                self.waiting.push_back(message);
            }
            return;
        }
        self.shown = Some((message, now));
        self.shows_answer = answers_key;
    }

    /// Removes the message from the status line, and shows the next one.
    pub(crate) fn dismiss(&mut self, now: Timestamp) {
        self.shown = self.waiting.pop_front().map(|next| (next, now));
        self.shows_answer = false;
    }

    /// Shows the next message once the current one has had its time.
    pub(crate) fn follow_time(&mut self, now: Timestamp) {
        let seconds = if self.waiting.is_empty() {
            SHOWN_SECONDS
        } else {
            TURN_SECONDS
        };
        let since = self.shown.as_ref().map(|(_, since)| *since);
        if since.is_none_or(|since| is_over(since, seconds, now)) {
            self.dismiss(now);
        }
    }
}

fn is_over(since: Timestamp, seconds: u64, now: Timestamp) -> bool {
    Elapsed::between(since, now).seconds() >= seconds
}

#[cfg(test)]
mod tests {
    use stack::Span;
    use stack::testing::noon;

    use super::*;

    fn message(text: &str, second: u64) -> Message {
        let after = Span::from_seconds(second);
        Message {
            text: text.to_owned(),
            tone: Tone::Good,
            lasting: true,
            at: after.map_or(noon(), |after| after.after(noon())),
        }
    }

    fn shown(messages: &Messages) -> &str {
        messages.shown().map_or("", |shown| &shown.text)
    }

    /// Messages that arrive together are shown one after the other, and all can be read again.
    #[test]
    fn no_message_hides_another() {
        let mut messages = Messages::default();
        for text in ["a", "b", "c"] {
            messages.post(message(text, 0), false);
        }
        assert_eq!((shown(&messages), messages.waiting()), ("a", 2));
        let mut seen = Vec::new();
        for second in 1..=60 {
            messages.follow_time(message("", second).at);
            seen.push(shown(&messages).to_owned());
        }
        seen.dedup();
        assert_eq!(seen, ["a", "b", "c", ""]);
        let earlier: Vec<&str> = messages.earlier().map(|each| each.text.as_str()).collect();
        assert_eq!(earlier, ["c", "b", "a"]);
    }

    /// The answer to a key is shown at once; the message that it interrupted comes back.
    #[test]
    fn a_key_is_answered_at_once() {
        let mut messages = Messages::default();
        messages.post(message("residue", 0), false);
        messages.post(message("refused", 1), true);
        assert_eq!(shown(&messages), "refused");
        messages.follow_time(message("", 5).at);
        assert_eq!(shown(&messages), "residue");
        messages.dismiss(message("", 6).at);
        assert_eq!(shown(&messages), "");
        // The answer to an earlier key does not come back.
        messages.post(message("refused", 7), true);
        messages.post(message("refused again", 8), true);
        assert_eq!((shown(&messages), messages.waiting()), ("refused again", 0));
    }

    /// The messages of a whole session can be read again. If there are very many, the number of
    /// those that are gone is known.
    #[test]
    fn a_session_is_kept() {
        let mut messages = Messages::default();
        for second in 0..u64::try_from(MAX_EARLIER).unwrap() + 3 {
            messages.post(message(&second.to_string(), second), false);
        }
        assert_eq!(
            (messages.earlier().len(), messages.dropped()),
            (MAX_EARLIER, 3)
        );
        assert_eq!(
            messages.earlier().next_back().map(|one| one.text.as_str()),
            Some("3")
        );
    }

    /// A message about progress gives way to any other, and never delays one.
    #[test]
    fn progress_delays_nothing() {
        let progress = |text: &str, second| Message {
            lasting: false,
            ..message(text, second)
        };
        let mut messages = Messages::default();
        messages.post(progress("1 of 3", 0), false);
        messages.post(progress("2 of 3", 0), false);
        assert_eq!(shown(&messages), "2 of 3");
        messages.post(message("done", 0), false);
        messages.post(progress("1 of 9", 1), false);
        assert_eq!((shown(&messages), messages.waiting()), ("done", 0));
        assert_eq!(messages.earlier().len(), 1);
    }
}
