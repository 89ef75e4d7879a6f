//! Reads files whose path a user chose.

use std::fs::{self, FileType};
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

/// Reads a regular file. Opening a FIFO would wait for a writer, and a device may have no end.
///
/// # Errors
/// If the path is not a regular file, or it cannot be read. The error says what it is, and does not
/// name the path.
pub fn read_to_string(path: &Path) -> io::Result<String> {
    let file_type = fs::metadata(path)?.file_type();
    if !file_type.is_file() {
        let text = format!("it is {}, not a regular file", described(file_type));
        return Err(io::Error::other(text));
    }
    fs::read_to_string(path)
}

fn described(file_type: FileType) -> &'static str {
    if file_type.is_dir() {
        "a directory"
    } else if file_type.is_fifo() {
        "a FIFO"
    } else if file_type.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// Only a regular file, or a link to one, is read. Anything else is refused at once, and named.
    #[test]
    fn only_a_regular_file_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let (fifo, file) = (folder.path().join("fifo"), folder.path().join("file"));
        let made = Command::new("mkfifo").arg(&fifo).status().unwrap();
        assert!(made.success());
        let refusal = |path: &Path| read_to_string(path).unwrap_err().to_string();
        assert_eq!(refusal(&fifo), "it is a FIFO, not a regular file");
        assert_eq!(
            refusal(folder.path()),
            "it is a directory, not a regular file"
        );
        assert_eq!(
            refusal(Path::new("/dev/zero")),
            "it is a device, not a regular file"
        );
        fs::write(&file, "text").unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(read_to_string(&link).unwrap(), "text");
        let missing = read_to_string(&folder.path().join("missing")).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }
}
