//! Child processes, none of which outlives the benchmark.

use std::io::{Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Reads `began PID` and `ended PID` until its standard input ends, which is when the benchmark
/// ends, however that came; then kills what has not ended and removes the folder (word 1).
const WATCHDOG: &str = r#"trap '' INT TERM HUP
pids=
while read -r word pid; do
    others=
    for other in $pids; do
        [ "$other" = "$pid" ] || others="$others $other"
    done
    pids=$others
    [ "$word" = began ] && pids="$pids $pid"
done
for pid in $pids; do kill -9 "$pid"; done
rm -rf "$1"
"#;

/// How long a child may take to end in good order.
const PATIENCE: Duration = Duration::from_secs(20);

/// Ends the children where no destructor runs: after Ctrl-C or a kill.
pub struct Watchdog {
    process: Child,
    /// There until the watchdog is dropped.
    pipe: Mutex<Option<ChildStdin>>,
}

impl Watchdog {
    /// Starts it, for a folder that is to be gone at the end.
    pub fn start(folder: &Path) -> Result<Arc<Self>, String> {
        let mut process = Command::new("sh")
            .args(["-c", WATCHDOG, "watchdog"])
            .arg(folder)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C is for the terminal's group.
            .process_group(0)
            .spawn()
            .map_err(|error| format!("sh: {error}"))?;
        let pipe = Mutex::new(process.stdin.take());
        Ok(Arc::new(Self { process, pipe }))
    }

    fn tell(&self, word: &str, pid: u32) -> Result<(), String> {
        let mut pipe = self.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        let pipe = pipe.as_mut().ok_or("the watchdog has no pipe")?;
        writeln!(pipe, "{word} {pid}").map_err(|error| format!("the watchdog: {error}"))
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        let pipe = self.pipe.get_mut().unwrap_or_else(PoisonError::into_inner);
        drop(pipe.take());
        if let Err(error) = self.process.wait() {
            eprintln!("bench: the watchdog: {error}");
        }
    }
}

/// A child that is killed when this is dropped.
pub struct Running {
    child: Child,
    name: String,
    watchdog: Arc<Watchdog>,
}

impl Running {
    /// Starts a program.
    pub fn spawn(command: &mut Command, watchdog: &Arc<Watchdog>) -> Result<Self, String> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command
            .stdin(Stdio::null())
            .spawn()
            .map_err(|error| format!("{name}: {error}"))?;
        let running = Self {
            child,
            name,
            watchdog: Arc::clone(watchdog),
        };
        running.watchdog.tell("began", running.id())?;
        Ok(running)
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>, String> {
        self.child
            .try_wait()
            .map_err(|error| format!("{}: {error}", self.name))
    }

    /// Kills it: `kill -9`.
    pub fn kill(self) {
        drop(self);
    }

    /// Asks it to end and waits until it has.
    pub fn terminate(mut self) -> Result<(), String> {
        let asked = Command::new("sh")
            .args(["-c", "kill -TERM \"$1\"", "kill"])
            .arg(self.id().to_string())
            .status()
            .map_err(|error| format!("sh: {error}"))?;
        if !asked.success() {
            return Err(format!("{}: ended before it was told to", self.name));
        }
        let until = Instant::now() + PATIENCE;
        while self.ended()?.is_none() {
            if Instant::now() > until {
                return Err(format!("{}: does not end on SIGTERM", self.name));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    /// Waits for its end; what it wrote to its standard output, which must be piped.
    pub fn output(mut self) -> Result<String, String> {
        let mut said = String::new();
        if let Some(mut stdout) = self.child.stdout.take() {
            stdout
                .read_to_string(&mut said)
                .map_err(|error| format!("{}: {error}", self.name))?;
        }
        let status = self
            .child
            .wait()
            .map_err(|error| format!("{}: {error}", self.name))?;
        match status.success() {
            true => Ok(said),
            false => Err(format!("{}: {status}; it says: {said}", self.name)),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Killing what has ended already is no error to std.
        let ended = self.child.kill().and_then(|()| self.child.wait());
        if let Err(error) = ended {
            eprintln!("bench: {}: {error}", self.name);
        }
        if let Err(error) = self.watchdog.tell("ended", self.child.id()) {
            eprintln!("bench: {error}");
        }
    }
}
