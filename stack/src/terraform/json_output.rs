//! The JSON document in a program's output, which may also contain warnings.

use serde::de::IgnoredAny;

/// Returns the JSON object in the output of a command.
///
/// `OpenTofu` prints warnings on standard output, before the document that it was asked for, for
/// example when `TF_CLI_CONFIG_FILE` names a file that does not exist. A document starts at the
/// beginning of a line. Without one, the text is returned as it is, so that a parser reports it.
#[must_use]
pub fn json_document(output: &str) -> &str {
    let starts = std::iter::once(0).chain(output.match_indices('\n').map(|(at, _)| at + 1));
    starts
        .filter_map(|start| output.get(start..))
        .filter(|rest| rest.trim_start_matches([' ', '\t', '\r']).starts_with('{'))
        .find_map(|rest| {
            let mut documents = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
            documents.next()?.ok()?;
            rest.get(..documents.byte_offset())
        })
        .unwrap_or(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Warnings before and after the document, even ones that contain braces, are left out.
    #[test]
    fn warnings_around_the_document_are_left_out() {
        let document = "{\n  \"platform\": \"linux_amd64\",\n  \"a\": {\"b\": [1]}\n}";
        let boxed = "╷\n│ Warning: Unable to open CLI configuration file\n│ \n│ open /x{y}: no \
                     such file\n╵\n";
        for (before, after) in [
            ("", ""),
            ("", "\n"),
            ("\nWarning: the file {x} does not exist\n\n", "\n"),
            ("{not a document}\n", "\n"),
            (boxed, "\n\nWarning: later\n"),
        ] {
            let output = format!("{before}{document}{after}");
            assert_eq!(json_document(&output), document, "{output}");
        }
    }

    /// Output without a document stays as it is, so that it is reported and never read as nothing.
    #[test]
    fn output_without_a_document_is_kept() {
        for output in ["", "Warning: only a warning\n", "{ \"cut\": "] {
            assert_eq!(json_document(output), output);
        }
    }
}
