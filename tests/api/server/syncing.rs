//! Each commit on SQLite is on the disk before it is acknowledged: the system calls that put
//! it there are counted, since `kill -9` proves nothing about them.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::thread;

use super::*;

/// What strace is to do. With `-D` it runs beside the program, which stays our child.
const STRACE: [&str; 5] = [
    "strace",
    "-D",
    "-f",
    "-e",
    "trace=fdatasync,fsync,exit_group",
];

const CALLS: usize = 20;
const THREADS: usize = 8;

/// True where strace is installed and may trace; says so where it is not.
fn can_trace() -> bool {
    let site = Site::bare();
    let file = site.path("trace");
    let mut command = Command::new(STRACE[0]);
    command.args(&STRACE[1..]).arg("-o").arg(&file).arg("true");
    // Its end is the end of strace, too, which holds the same pipes.
    let ran = command.output().is_ok_and(|output| output.status.success());
    let traced = std::fs::read_to_string(&file).is_ok_and(|trace| trace.contains("exit_group"));
    if !(ran && traced) {
        // Past the capture of a passing test's output.
        let line = "strace is not installed or may not trace: syncs are not counted\n";
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
    ran && traced
}

/// How many syncs have ended well so far.
fn syncs(trace: &Path) -> usize {
    let trace = std::fs::read_to_string(trace).expect("the trace is read");
    trace
        .lines()
        .filter(|line| line.contains("sync") && line.trim_end().ends_with("= 0"))
        .count()
}

#[test]
fn each_commit_is_synced_before_it_is_acknowledged() {
    if !can_trace() {
        return;
    }
    let site = Site::sqlite();
    let trace = site.path("trace");
    let file = trace.display().to_string();
    let mut words = STRACE.to_vec();
    words.extend(["-o", &file, PROGRAM]);
    let server = site.launch(&words);
    let ann = server.user("ann");
    let event = make_event(&ann);

    // One call after the other: nothing to share a commit with.
    let before = syncs(&trace);
    let mut connection = ann.connect();
    for _ in 0..CALLS {
        let made = connection.call("POST", "/api/events", Some(&picnic()));
        made.expect("an answer").ok(201);
    }
    let alone = syncs(&trace) - before;
    assert!(alone >= CALLS, "{alone} syncs for {CALLS} commits");

    // Many at once share commits; but what one thread says next comes in a later one.
    let before = syncs(&trace);
    let path = comments_path(&event);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut connection = ann.connect();
                for _ in 0..CALLS {
                    let said = connection.call("POST", &path, Some(&json!({ "body": "Yes." })));
                    said.expect("an answer").ok(201);
                }
            });
        }
    });
    let together = syncs(&trace) - before;
    let calls = THREADS * CALLS;
    assert!(together >= CALLS, "{together} syncs for {calls} calls");
    assert_eq!(comment_ids(&ann, &event).len(), calls);
}
