//! Finds the known word that a user probably meant.

/// The similarity (0 to 1) from which a word is suggested.
const MIN_SIMILARITY: f64 = 0.6;

/// The most similar word, if one is similar.
pub(crate) fn nearest<'a>(text: &str, words: &[&'a str]) -> Option<&'a str> {
    let text = text.to_lowercase();
    let likeness = |word: &str| strsim::jaro_winkler(word, &text);
    let best = words
        .iter()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) >= MIN_SIMILARITY).then_some(best)
}

/// Says that a word is unknown, and which one was probably meant, or which ones there are.
pub(crate) fn unknown(kind: &str, text: &str, words: &[&str]) -> String {
    match nearest(text, words) {
        Some(word) => format!("unknown {kind} {text:?}: did you mean {word}?"),
        None => format!("unknown {kind} {text:?}: one of {}", words.join(", ")),
    }
}
