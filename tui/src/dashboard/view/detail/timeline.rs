//! The lease as a timeline, with a legend of its moments.
//!
//! ```text
//!  ●━━━━━◇━━━━━━━━━━━━◆────────────────■───○┈┈┈┈┈┈┈✗
//!  ● created    2026-03-02 08:47 UTC, 3 h 12 min ago
//! ```

use jiff::Timestamp;
use stack::listing::Listing;
use stack::{Elapsed, View};

use super::super::page::Page;
use crate::dashboard::model::Model;
use crate::dashboard::model::row::StackRow;
use crate::dashboard::theme::Ink;
use crate::format::style::Tone;
use crate::format::{fields, values};

/// The maximum length of the line.
const LONGEST: usize = 100;

struct Moment {
    at: Timestamp,
    glyph: &'static str,
    word: &'static str,
    ink: Ink,
}

pub(super) fn fill(page: &mut Page, stack: &StackRow, listing: &Listing, model: &Model) {
    let now = model.now();
    let moments = moments(stack, listing, model.store.view());
    let (Some(first), Some(last)) = (moments.first(), moments.last()) else {
        return;
    };
    let columns = page.columns().clamp(2, LONGEST);
    let expires = stack.expires_at().unwrap_or(last.at);
    page.line(line(&moments, (first.at, last.at), (now, expires), columns));
    for moment in &moments {
        let when = if moment.at == now {
            format!("{} UTC", values::minute(now))
        } else {
            values::moment(moment.at, now)
        };
        page.line([
            (format!("{} ", moment.glyph), moment.ink),
            (format!("{:<11} ", moment.word), moment.ink),
            (when, Tone::Plain.into()),
        ]);
    }
}

fn moments(stack: &StackRow, listing: &Listing, view: &View) -> Vec<Moment> {
    let now = view.now;
    let moment = |at, glyph, word, tone: Tone| Moment {
        at,
        glyph,
        word,
        ink: tone.into(),
    };
    let renewed = stack.lease().map(|lease| lease.renewed_at);
    let renewed = renewed.filter(|at| Some(*at) > stack.created_at());
    let expired = stack.expires_at().is_some_and(|at| at <= now);
    let (expires, tone) = if expired {
        ("expired", Tone::Alarm)
    } else {
        ("expires", Tone::Notice)
    };
    let mut moments: Vec<Moment> = [
        stack
            .created_at()
            .map(|at| moment(at, "●", "created", Tone::Plain)),
        renewed.map(|at| moment(at, "◇", "renewed", Tone::Plain)),
        Some(Moment {
            at: now,
            glyph: "◆",
            word: "now",
            ink: Ink::Accent,
        }),
        listing
            .hold_until
            .map(|at| moment(at, "■", "held until", Tone::Notice)),
        stack.expires_at().map(|at| moment(at, "○", expires, tone)),
        fields::dies_at(listing, view).map(|at| moment(at, "✗", "ends", Tone::Alarm)),
    ]
    .into_iter()
    .flatten()
    .collect();
    moments.sort_by_key(|moment| moment.at);
    moments
}

/// Draws the line: heavy for the past, light until the expiry, dotted after it.
fn line(
    moments: &[Moment],
    (from, to): (Timestamp, Timestamp),
    (now, expires): (Timestamp, Timestamp),
    columns: usize,
) -> Vec<(String, Ink)> {
    let whole = Elapsed::between(from, to).millis().max(1);
    let last = u64::try_from(columns.saturating_sub(1)).unwrap_or(0);
    let column = |at: Timestamp| Elapsed::between(from, at).millis().saturating_mul(last) / whole;
    let (now, expires) = (column(now), column(expires));
    let mut pieces: Vec<(String, Ink)> = Vec::new();
    for at in 0..=last {
        let marked = moments.iter().rev().find(|moment| column(moment.at) == at);
        let (glyph, ink) = match marked {
            Some(moment) => (moment.glyph, moment.ink),
            None if at < now => ("━", Tone::Plain.into()),
            None if at < expires => ("─", Ink::Rule),
            None => ("┈", Ink::Rule),
        };
        match pieces.last_mut() {
            Some((text, before)) if *before == ink => text.push_str(glyph),
            _ => pieces.push((glyph.to_owned(), ink)),
        }
    }
    pieces
}
