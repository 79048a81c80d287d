//! Files and standard input as lines, whether or not they are compressed, with one buffer for all of them.

use anyhow::Context as _;
use flate2::bufread::MultiGzDecoder;
use memchr::memchr;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

/// The bytes that are held at once. A line that is longer is no line of a log.
const BUFFER: usize = 512 * 1024;

/// The bytes that are asked of a file at once.
const PIECE: usize = 64 * 1024;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTANDARD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// How what is compressed in ways begins that are not read here, and the program that reads it.
const OTHERS: [(&[u8], &str, &str); 2] =
    [(&[0xfd, b'7', b'z', b'X', b'Z', 0], "xz", "xzcat"), (b"BZh", "bzip2", "bzcat")];

/// How a frame begins that is to be skipped, but for the lower half of its first byte (RFC 8878, section 3.1.2).
const SKIPPED: [u8; 3] = [0x2a, 0x4d, 0x18];

/// What is told of a file while it is read.
#[derive(Debug, Default)]
struct Told {
    /// How many bytes of it have been read, compressed as they are.
    read: Cell<u64>,
    /// Whether its end was reached.
    is_over: Cell<bool>,
}

/// A file that tells how much of it has been read.
struct Watched {
    file: Box<dyn Read>,
    told: Rc<Told>,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.told.read.set(self.told.read.get() + read as u64);
        self.told.is_over.set(read == 0 && !buffer.is_empty());
        Ok(read)
    }
}

/// A log, line by line.
pub struct Lines {
    source: Box<dyn Read>,
    told: Rc<Told>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    is_over: bool,
    is_cut: bool,
}

impl Lines {
    /// Opens a file; `-` is standard input.
    ///
    /// # Errors
    /// When it cannot be opened or read, or is a folder.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let name = || path.display().to_string();
        let file: Box<dyn Read> = if path == Path::new("-") {
            Box::new(io::stdin())
        } else {
            let file = File::open(path).with_context(name)?;
            if file.metadata().with_context(name)?.is_dir() {
                anyhow::bail!("{}: a folder is no log; saved pages are read with --pages", name());
            }
            Box::new(file)
        };
        Self::of(file).with_context(name)
    }

    /// Reads whatever bytes come.
    ///
    /// # Errors
    /// When they cannot be read, begin as what is compressed and are not, or are compressed in a way that is not read here.
    pub fn of(file: Box<dyn Read>) -> io::Result<Self> {
        let told = Rc::new(Told::default());
        let watched = Watched { file, told: Rc::clone(&told) };
        let mut file = BufReader::with_capacity(PIECE, watched);
        let start = file.fill_buf()?;
        if let Some((_, name, program)) = OTHERS.iter().find(|(magic, ..)| start.starts_with(magic)) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!(
                    "it is compressed with {name}, which is not read here; unpack it in front, and name standard input in its place: \
                     {program} FILE | headstart learn … -"
                ),
            ));
        }
        let source: Box<dyn Read> = if start.starts_with(&GZIP) {
            Box::new(MultiGzDecoder::new(file))
        } else if start.starts_with(&ZSTANDARD) || start.get(1..4) == Some(&SKIPPED[..]) {
            Box::new(zstd::Decoder::with_buffer(file)?)
        } else {
            Box::new(file)
        };
        Ok(Self { source, told, buffer: vec![0; BUFFER], start: 0, end: 0, is_over: false, is_cut: false })
    }

    /// How many bytes of the file have been read, compressed as they are.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.told.read.get()
    }

    /// Whether the end of what is compressed is missing: it was read as far as it goes.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// The first lines, which are still to come, as many as there are in what is held at once.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn first(&mut self, most: usize) -> io::Result<Vec<Vec<u8>>> {
        while !self.is_over && self.end - self.start < self.buffer.len() / 2 {
            self.fill()?;
        }
        let held = self.buffer.get(self.start..self.end).unwrap_or_default();
        let mut lines: Vec<&[u8]> = held.split(|byte| *byte == b'\n').take(most + 1).collect();
        // The last may go on.
        if (!self.is_over || lines.last().is_some_and(|line| line.is_empty())) && lines.len() > 1 {
            lines.pop();
        }
        lines.truncate(most);
        Ok(lines.into_iter().map(|line| line.trim_ascii_end().to_vec()).collect())
    }

    /// The next line, without its end; `None` behind the last. Of one that is too long, its beginning.
    ///
    /// # Errors
    /// When the file cannot be read.
    #[allow(clippy::should_implement_trait)] // what it gives stands in the buffer, which no iterator can say
    pub fn next(&mut self) -> io::Result<Option<&[u8]>> {
        let Some(end) = self.line_end()? else { return Ok(None) };
        let start = std::mem::replace(&mut self.start, (end + 1).min(self.end));
        Ok(Some(self.line(start, end)))
    }

    /// The line that [`next`](Self::next) will answer.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn peek(&mut self) -> io::Result<Option<&[u8]>> {
        let end = self.line_end()?;
        Ok(end.map(|end| self.line(self.start, end)))
    }

    fn line(&self, start: usize, end: usize) -> &[u8] {
        let line = self.buffer.get(start..end).unwrap_or_default();
        line.strip_suffix(b"\r").unwrap_or(line)
    }

    /// Where the next line ends, which begins at `start`; `None` behind the last.
    fn line_end(&mut self) -> io::Result<Option<usize>> {
        let mut searched = self.start;
        let end = loop {
            let held = self.buffer.get(searched..self.end).unwrap_or_default();
            if let Some(at) = memchr(b'\n', held) {
                break searched + at;
            }
            if self.is_over {
                break self.end;
            }
            if self.end - self.start == self.buffer.len() {
                break self.skip_line()?;
            }
            let known = self.end - self.start;
            self.fill()?;
            searched = self.start + known;
        };
        Ok((self.start < self.end || !self.is_over).then_some(end))
    }

    /// Passes over the rest of a line that is longer than what is held. Its beginning stays; answers where that ends.
    fn skip_line(&mut self) -> io::Result<usize> {
        let mut piece = vec![0; PIECE];
        loop {
            let read = self.read_some(&mut piece)?;
            let piece = piece.get(..read).unwrap_or_default();
            let Some(at) = memchr(b'\n', piece) else {
                if self.is_over {
                    return Ok(self.end);
                }
                continue;
            };
            // What follows takes the place of the line's end, which nobody looks at.
            let rest = piece.get(at..).unwrap_or_default();
            let from = self.end - rest.len();
            if let Some(place) = self.buffer.get_mut(from..self.end) {
                place.copy_from_slice(rest);
            }
            return Ok(from);
        }
    }

    /// Reads more behind what is held.
    fn fill(&mut self) -> io::Result<()> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        let read = self.read_some(buffer.get_mut(self.end..).unwrap_or_default());
        self.buffer = buffer;
        self.end += read?;
        Ok(())
    }

    /// Reads what there is. What is compressed and ends too early has ended.
    fn read_some(&mut self, place: &mut [u8]) -> io::Result<usize> {
        let read = match self.source.read(place) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(0),
            Err(_) if self.told.is_over.get() => {
                self.is_cut = true;
                0
            }
            Err(error) => return Err(error),
        };
        self.is_over = read == 0;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::{Cursor, Write as _};

    fn of(bytes: &[u8]) -> Lines {
        Lines::of(Box::new(Cursor::new(bytes.to_vec()))).unwrap()
    }

    fn all(mut lines: Lines) -> (Vec<String>, bool) {
        let mut read = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            read.push(String::from_utf8_lossy(line).into_owned());
        }
        (read, lines.is_cut())
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn zstandard(text: &[u8]) -> Vec<u8> {
        zstd::encode_all(text, 0).unwrap()
    }

    #[test]
    fn lines_end_in_either_way_and_the_last_need_not() {
        assert_eq!(all(of(b"a\r\nb\n\nc")), (["a", "b", "", "c"].map(str::to_owned).to_vec(), false));
        assert_eq!(all(of(b"")).0, Vec::<String>::new());
        assert_eq!(all(of(b"\n")).0, [""]);
    }

    #[test]
    fn what_is_compressed_is_read_also_in_several_pieces() {
        let text = (0..50_000).map(|number| format!("line {number}\n")).collect::<Vec<_>>().concat();
        let expected: Vec<&str> = text.lines().collect();
        let (one, other) = text.split_at(text.len() / 3);
        let gz = [gzip(one.as_bytes()), gzip(other.as_bytes())].concat();
        let zst = [zstandard(one.as_bytes()), zstandard(other.as_bytes())].concat();
        // A frame that is to be skipped, with three bytes in it.
        let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3], zst.as_slice()].concat();
        for bytes in [text.as_bytes().to_vec(), gz, zst, skipped] {
            let (lines, is_cut) = all(of(&bytes));
            assert!(lines == expected && !is_cut, "{}", lines.len());
        }
    }

    #[test]
    fn what_is_cut_off_is_read_as_far_as_it_goes() {
        let numbers = (0..50_000).map(|number| number * 7919 % 50_000);
        let text = numbers.map(|number| format!("line {number}\n")).collect::<Vec<_>>().concat();
        for bytes in [gzip(text.as_bytes()), zstandard(text.as_bytes())] {
            let (lines, is_cut) = all(of(&bytes[..bytes.len() / 2]));
            assert!(is_cut && lines.len() > 1000, "{}", lines.len());
            assert_eq!(lines[..1000], text.lines().take(1000).collect::<Vec<_>>());
        }
        // What is broken is not cut off.
        let mut broken = gzip(text.as_bytes());
        let middle = broken.len() / 2;
        broken[middle..middle + 64].fill(0xff);
        let mut lines = of(&broken);
        let outcome = loop {
            match lines.next() {
                Ok(Some(_)) => {}
                end => break end.map(|line| line.is_none()),
            }
        };
        assert!(outcome.is_err() && !lines.is_cut(), "{outcome:?}");
    }

    #[test]
    fn a_line_without_an_end_takes_no_more_than_the_buffer() {
        let long = "x".repeat(3 * BUFFER + 7);
        let (lines, _) = all(of(format!("a\n{long}\nb\nc\n").as_bytes()));
        assert_eq!(lines.len(), 4);
        assert!(lines[1].len() <= BUFFER && lines[1].starts_with("xxx"));
        assert_eq!((lines[0].as_str(), lines[2].as_str(), lines[3].as_str()), ("a", "b", "c"));
        // It is the same one however often it is looked at.
        let mut lines = of(format!("{long}\nb\n").as_bytes());
        for _ in 0..2 {
            assert_eq!(lines.peek().unwrap().map(|line| line[..3].to_vec()), Some(b"xxx".to_vec()));
        }
        lines.next().unwrap();
        assert_eq!(lines.first(9).unwrap(), [b"b"]);
    }

    #[test]
    fn what_is_compressed_in_another_way_is_told_by_its_beginning() {
        for (bytes, name, program) in [
            (&[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 4, 0xe6, 0xd6][..], "xz", "xzcat"),
            (b"BZh91AY&SY\xe5\x27", "bzip2", "bzcat"),
        ] {
            let error = Lines::of(Box::new(Cursor::new(bytes.to_vec()))).err().unwrap().to_string();
            assert_eq!(
                error,
                format!(
                    "it is compressed with {name}, which is not read here; unpack it in front, and name standard input in its place: \
                     {program} FILE | headstart learn … -"
                )
            );
        }
    }

    #[test]
    fn the_first_lines_are_seen_and_still_come() {
        let mut lines = of(b"a\nb\nc\n");
        assert_eq!(lines.first(2).unwrap(), [b"a", b"b"]);
        assert_eq!(lines.first(9).unwrap(), [b"a", b"b", b"c"]);
        for _ in 0..2 {
            assert_eq!(lines.peek().unwrap(), Some(&b"a"[..]));
        }
        assert_eq!(all(lines).0, ["a", "b", "c"]);
        assert_eq!(of(b"a\nb").first(9).unwrap(), [b"a", b"b"]);
    }
}
