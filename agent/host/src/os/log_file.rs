//! A log in a file of bounded size, for where there is no terminal and no journal.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use tracing_subscriber::fmt::MakeWriter;

use super::private_files;

/// How long one file becomes, in bytes.
const LENGTH: u64 = 1 << 20;

/// How many full files are kept beside the one that is written: `.1` is the newest.
const KEPT: u32 = 3;

/// A log file that is put aside when it is full. The disk it takes is bounded; what cannot be
/// written is lost, for a log must not stop what it tells of.
#[derive(Clone, Debug)]
pub struct LogFile(Arc<Mutex<Open>>);

#[derive(Debug)]
struct Open {
    path: PathBuf,
    length: u64,
    most: u64,
    file: Option<File>,
}

impl LogFile {
    /// Opens the log at `path`, going on where it ended; its folder is made, private.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::open_with(path, LENGTH)
    }

    fn open_with(path: &Path, most: u64) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            private_files::private_dir(folder)?;
        }
        let mut open = Open { path: path.to_owned(), length: 0, most, file: None };
        open.reopen()?;
        Ok(Self(Arc::new(Mutex::new(open))))
    }
}

impl Open {
    fn reopen(&mut self) -> io::Result<()> {
        let file = OpenOptions::new().create(true).append(true).open(&self.path)?;
        self.length = file.metadata()?.len();
        self.file = Some(file);
        Ok(())
    }

    fn aside(&self, number: u32) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(format!(".{number}"));
        name.into()
    }

    /// Puts the full file aside. Where that fails (somebody has it open on Windows) it is emptied:
    /// the bound goes before what is in it.
    fn rotate(&mut self) -> io::Result<()> {
        self.file = None; // Windows renames no open file
        for number in (1..KEPT).rev() {
            let _ = fs::rename(self.aside(number), self.aside(number + 1));
        }
        if fs::rename(&self.path, self.aside(1)).is_err() {
            File::create(&self.path)?;
        }
        self.reopen()
    }
}

impl Write for Open {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let more = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if self.length > 0 && self.length.saturating_add(more) > self.most {
            self.rotate()?;
        }
        if self.file.is_none() {
            self.reopen()?;
        }
        if let Some(file) = &mut self.file {
            // One event is one call: it is not torn over two files.
            file.write_all(bytes)?;
            self.length = self.length.saturating_add(more);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Write for LogFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).flush()
    }
}

impl<'a> MakeWriter<'a> for LogFile {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: u32) -> String {
        format!("line {number:>4} of the log\n")
    }

    #[test]
    fn is_bounded_and_keeps_the_newest() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("log").join("agent.log");
        let mut log = LogFile::open_with(&path, 200).expect("it can be opened");
        for number in 0..500 {
            log.write_all(line(number).as_bytes()).expect("it can be written");
        }
        drop(log);
        let files: Vec<PathBuf> = fs::read_dir(path.parent().expect("a folder"))
            .expect("it is there")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        assert_eq!(files.len(), 1 + KEPT as usize, "{files:?}");
        for file in &files {
            let text = fs::read_to_string(file).expect("text");
            assert!(text.len() <= 200, "{} has {} bytes", file.display(), text.len());
            assert!(text.starts_with("line") && text.ends_with('\n'), "torn: {text}");
        }
        assert!(fs::read_to_string(&path).expect("text").ends_with(&line(499)));
    }

    #[test]
    fn goes_on_where_it_ended() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("agent.log");
        for number in 0..3 {
            let mut log = LogFile::open_with(&path, 1000).expect("it can be opened");
            log.write_all(line(number).as_bytes()).expect("it can be written");
        }
        let text = fs::read_to_string(&path).expect("text");
        assert_eq!(text, [line(0), line(1), line(2)].concat());
    }
}
