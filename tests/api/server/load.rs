//! Many comments at once, until the server is gone.

use std::io;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};

use serde_json::json;

use super::{Answer, Caller, PATIENCE, comments_path, text};

const THREADS: usize = 8;

/// Threads that comment on an event, each over a connection of its own and until that ends.
pub struct Load {
    answers: Receiver<Answer>,
    seen: Vec<Answer>,
    threads: Vec<JoinHandle<io::Error>>,
}

impl Load {
    #[track_caller]
    pub fn start(caller: &Caller, event: &str) -> Load {
        let (sender, answers) = channel();
        let threads = (0..THREADS).map(|number| {
            let (sender, path) = (sender.clone(), comments_path(event));
            let mut connection = caller.connect();
            thread::spawn(move || {
                let body = json!({ "body": format!("a comment of thread {number}") });
                loop {
                    match connection.call("POST", &path, Some(&body)) {
                        // Whoever counted the answers may be gone.
                        Ok(answer) => drop(sender.send(answer)),
                        Err(error) => return error,
                    }
                }
            })
        });
        Load {
            threads: threads.collect(),
            answers,
            seen: Vec::new(),
        }
    }

    /// Waits until so many calls were answered.
    #[track_caller]
    pub fn wait_for(&mut self, answers: usize) {
        while self.seen.len() < answers {
            let next = self.answers.recv_timeout(PATIENCE);
            self.seen.push(next.expect("the server answers"));
        }
    }

    /// Waits until every connection has ended; the answers, and how each connection ended.
    pub fn end(mut self) -> (Vec<Answer>, Vec<io::Error>) {
        let threads = self.threads.into_iter();
        let ends = threads.map(|thread| thread.join().expect("a thread of the load ends"));
        let ends = ends.collect();
        self.seen.extend(self.answers.try_iter());
        (self.seen, ends)
    }
}

/// The ids of the comments that were acknowledged.
#[track_caller]
pub fn acknowledged(answers: &[Answer]) -> Vec<String> {
    let saved = answers.iter().filter(|answer| answer.status == 201);
    saved
        .map(|answer| text(&answer.json()["data"]["id"]))
        .collect()
}
