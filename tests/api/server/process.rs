//! Child processes whose output is read as it comes.

use std::fmt;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long anything may take that is not measured.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A child process; killed when it is dropped.
pub struct Process {
    child: Child,
    stdout: Stream,
    stderr: Stream,
}

impl Process {
    pub fn start(command: Command) -> Process {
        Self::start_with(command, Stdio::null())
    }

    /// Starts it with something to read.
    pub fn start_with_input(command: Command, input: &str) -> Process {
        let mut process = Self::start_with(command, Stdio::piped());
        let pipe = process.child.stdin.take();
        let mut pipe = pipe.expect("standard input is piped");
        // Whoever does not read it has ended, which the test sees.
        let _ = pipe.write_all(input.as_bytes());
        process
    }

    fn start_with(mut command: Command, stdin: Stdio) -> Process {
        let mut child = command
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let stdout = child.stdout.take().expect("standard output is piped");
        let stderr = child.stderr.take().expect("standard error is piped");
        Process {
            child,
            stdout: Stream::of(stdout),
            stderr: Stream::of(stderr),
        }
    }

    /// Waits until what it printed is as wanted; false if it ended before, or time passed.
    pub fn prints(&self, wanted: impl Fn(&str) -> bool) -> bool {
        self.stdout.wait(|heard| wanted(&heard.text))
    }

    /// What it printed so far.
    pub fn stdout(&self) -> String {
        self.stdout.heard().text.clone()
    }

    /// Sends a signal, such as `TERM`.
    #[track_caller]
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("sh")
            .args(["-c", "kill -s \"$1\" \"$2\"", "kill", name, &id])
            .status();
        let sent = sent.is_ok_and(|status| status.success());
        assert!(sent, "SIG{name} is not sent");
    }

    /// Ends it at once (SIGKILL).
    pub fn kill(mut self) {
        self.child.kill().expect("the process is killed");
        self.child.wait().expect("the process has ended");
    }

    /// Waits for the end: the streams' first, which needs no polling.
    #[track_caller]
    pub fn finish(mut self) -> Ran {
        let ended = [&self.stdout, &self.stderr].map(|stream| stream.wait(|heard| heard.ended));
        assert_eq!(ended, [true, true], "it does not end: {self:?}");
        Ran {
            status: self.child.wait().expect("the process has ended"),
            stdout: self.stdout.heard().text.clone(),
            stderr: self.stderr.heard().text.clone(),
        }
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (stdout, stderr) = (self.stdout.heard(), self.stderr.heard());
        write!(f, "it printed {:?} and said {:?}", stdout.text, stderr.text)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended is no matter.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What came of a command.
#[derive(Debug)]
pub struct Ran {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Asserts success; answers what was printed.
    #[track_caller]
    pub fn ok(&self) -> &str {
        assert!(self.status.success(), "{self:?}");
        &self.stdout
    }

    /// Asserts status 1, and one line on standard error and nothing else; answers that line.
    #[track_caller]
    pub fn refused(&self) -> &str {
        assert_eq!(self.status.code(), Some(1), "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "{self:?}");
        let line = self.stderr.trim_end();
        assert!(line.starts_with("folkmoot: "), "{self:?}");
        line
    }

    /// All that it said.
    pub fn said(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

/// What a process writes to a pipe.
#[derive(Clone, Default)]
struct Stream(Arc<(Mutex<Heard>, Condvar)>);

#[derive(Default)]
struct Heard {
    /// Whole lines.
    text: String,
    /// True once nobody can write to the pipe any more.
    ended: bool,
}

impl Stream {
    fn of(pipe: impl Read + Send + 'static) -> Stream {
        let stream = Stream::default();
        let hearing = stream.clone();
        thread::spawn(move || {
            let mut pipe = BufReader::new(pipe);
            let mut line = Vec::new();
            while pipe.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                hearing.change(|heard| heard.text.push_str(&String::from_utf8_lossy(&line)));
                line.clear();
            }
            hearing.change(|heard| heard.ended = true);
        });
        stream
    }

    fn change(&self, change: impl FnOnce(&mut Heard)) {
        change(&mut self.heard());
        self.0.1.notify_all();
    }

    /// Waits for something; false if the stream ended before, or time passed.
    fn wait(&self, wanted: impl Fn(&Heard) -> bool) -> bool {
        let not_yet = |heard: &mut Heard| !heard.ended && !wanted(heard);
        let (mutex, changed) = &*self.0;
        let heard = mutex.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = changed.wait_timeout_while(heard, PATIENCE, not_yet);
        let (heard, _) = waited.unwrap_or_else(PoisonError::into_inner);
        wanted(&heard)
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
