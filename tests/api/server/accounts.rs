//! The operator's shell: `folkmoot admin` and `folkmoot token`, beside a server and without one.

mod tokens;

use std::thread;

use uuid::Uuid;

use super::process::Ran;
use super::*;

const LOGIN: &str = "/api/v1/auth/admin/login";
const REGISTER: &str = "/api/v1/auth/admin/register";
const ADMINS: &str = "/api/v1/admin/admins";

pub(super) const PASS: &str = "correct horse battery staple";

/// A call with a bearer token.
#[track_caller]
pub(super) fn call(server: &Server, token: &str, method: &str, path: &str, body: &str) -> Answer {
    let mut connection = server.anon().connect();
    let token = format!("Authorization: Bearer {token}");
    let length = format!("Content-Length: {}", body.len());
    let lines = [token.as_str(), "Content-Type: application/json", &length];
    let head = connection.head(method, path, &lines);
    let sent = connection.send((head + body).as_bytes());
    sent.expect("the call is sent");
    connection.read(method).expect("an answer")
}

/// Makes an admin whose password comes in by standard input.
pub(super) fn create_admin(site: &Site, email: &str, more: &[&str]) -> Ran {
    let mut words = vec!["admin", "create", "--email", email, "--name", "Ada"];
    words.push("--password-stdin");
    words.extend(more);
    site.run_with_input(&[], &words, &format!("{PASS}\n"))
}

/// Asks for a sign-in.
pub(super) fn try_password(server: &Server, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password });
    server.anon().post(LOGIN, &body)
}

/// Signs in; answers the access token.
#[track_caller]
pub(super) fn sign_in(server: &Server, email: &str) -> String {
    text(&try_password(server, email, PASS).ok(200)["access_token"])
}

/// Asserts a 401 of the box office or of automation.
#[track_caller]
pub(super) fn assert_unauthorized(answer: &Answer) {
    let body = answer.ok(401);
    let code = body["error"]["code"].as_str().unwrap_or_default();
    assert!(code.eq_ignore_ascii_case("unauthorized"), "{body}");
}

/// The one id in what was printed.
#[track_caller]
fn id_in(printed: &str) -> String {
    let words = printed.split(|c: char| !(c.is_ascii_hexdigit() || c == '-'));
    let ids: Vec<&str> = words
        .filter(|word| word.len() == 36 && Uuid::try_parse(word).is_ok())
        .collect();
    assert_eq!(ids.len(), 1, "one id: {printed}");
    ids[0].to_owned()
}

fn rows(site: &Site, what: &str) -> i64 {
    site.count(&format!("select count(*) from {what}"))
}

/// Asserts that a command was refused with a line that says one of these words.
#[track_caller]
fn assert_told(ran: &Ran, words: &[&str]) {
    let line = ran.refused().to_lowercase();
    assert!(
        words.iter().any(|word| line.contains(word)),
        "{words:?}: {line}"
    );
}

#[test]
fn an_admin_made_in_the_shell_signs_in() {
    for site in Site::each() {
        let server = site.start();
        let cases: [(&str, &[&str]); 4] = [
            ("super_admin", &[]),
            ("super_admin", &["--role", "super_admin"]),
            ("event_manager", &["--role", "event_manager"]),
            ("analyst", &["--role", "analyst"]),
        ];
        for (n, (role, more)) in (1..).zip(cases) {
            let email = format!("a{n}@example.org");
            let ran = create_admin(&site, &email, more);
            let id = id_in(ran.ok());
            assert!(!ran.said().contains(PASS), "{ran:?}");
            let answer = try_password(&server, &email, PASS).ok(200);
            assert_eq!(answer["admin_id"], *id);
            assert_eq!(answer["role"], role);
            assert_eq!(answer["name"], "Ada");
            assert_eq!(rows(&site, "changes where topic = 'admin.created'"), n);
        }
        let token = sign_in(&server, "a1@example.org");
        let list = call(&server, &token, "GET", ADMINS, "").ok(200);
        assert_eq!(list["total"], 4);
        let created = "/api/v1/admin/audit?action=admin.created";
        let audit = call(&server, &token, "GET", created, "").ok(200);
        assert_eq!(
            audit["entries"].as_array().map(Vec::len),
            Some(4),
            "{audit}"
        );
        site.run(&["verify"]).ok();
    }
}

#[test]
fn a_password_that_nobody_gave_is_made_and_printed_once() {
    for site in Site::each() {
        let server = site.start();
        let email = "ada@example.org";
        let words = ["admin", "create", "--email", email, "--name", "Ada"];
        let ran = site.run(&words);
        let printed = ran.ok();
        let id = id_in(printed);
        // Whatever stands beside it, it ends a line or is a word.
        let words = printed.lines().flat_map(|line| {
            let tails = line.char_indices().filter(|(_, c)| c.is_whitespace());
            let tails = tails.map(move |(at, _)| line[at..].trim());
            tails.chain(line.split_whitespace()).chain([line.trim()])
        });
        let mut words: Vec<&str> = words.filter(|word| word.len() >= 10).collect();
        words.sort_unstable();
        words.dedup();
        let opens = |word: &&&str| try_password(&server, email, word).status == 200;
        let opening: Vec<&&str> = words.iter().filter(opens).collect();
        assert_eq!(opening.len(), 1, "{ran:?}");
        assert_eq!(printed.matches(*opening[0]).count(), 1, "{ran:?}");
        assert!(!ran.stderr.contains(*opening[0]), "{ran:?}");
        let answer = try_password(&server, email, opening[0]).ok(200);
        assert_eq!(answer["admin_id"], *id);
        let other = site.run(&[
            "admin",
            "create",
            "--email",
            "b@example.org",
            "--name",
            "Bea",
        ]);
        assert!(!other.ok().contains(*opening[0]), "each is another one");
    }
}

#[test]
fn admins_are_listed_without_their_secrets() {
    for site in Site::each() {
        site.run(&["migrate"]).ok();
        site.run(&["admin", "list"]).ok();
        let made = create_admin(&site, "ada@example.org", &["--role", "analyst"]);
        create_admin(&site, "bea@example.org", &[]).ok();
        let ran = site.run(&["admin", "list"]);
        let about = |email: &str| ran.ok().lines().find(|line| line.contains(email));
        let ada = about("ada@example.org").expect("it is listed");
        for word in [id_in(made.ok()).as_str(), "Ada", "analyst"] {
            assert!(ada.contains(word), "no {word}: {ada}");
        }
        let bea = about("bea@example.org").expect("it is listed");
        assert!(bea.contains("super_admin"), "{bea}");
        for secret in [PASS, "$argon2"] {
            assert!(!ran.said().contains(secret), "{ran:?}");
        }
    }
}

#[test]
fn an_admin_that_cannot_be_is_refused_with_a_word_on_what_to_do() {
    for site in Site::each() {
        let server = site.start();
        create_admin(&site, "root@example.org", &[]).ok();
        for email in ["", "nonsense", "@example.org", "a@b@c", "a b@example.org"] {
            assert_told(&create_admin(&site, email, &[]), &["mail"]);
        }
        for email in ["root@example.org", "ROOT@example.org"] {
            let ran = create_admin(&site, email, &[]);
            assert_told(&ran, &["mail", "root@example.org"]);
        }
        for role in ["owner", "", "Super_Admin"] {
            let ran = create_admin(&site, "ada@example.org", &["--role", role]);
            assert_told(&ran, &["event_manager"]);
        }
        let long = "x".repeat(121);
        for name in ["", " ", "A\u{7}da", "\u{202e}Ada", &long] {
            let words = [
                "admin",
                "create",
                "--email",
                "ada@example.org",
                "--name",
                name,
            ];
            assert_told(&site.run(&words), &["name"]);
        }
        let words = [
            "admin",
            "create",
            "--email",
            "ada@example.org",
            "--name",
            "Ada",
        ];
        let words: Vec<&str> = words.into_iter().chain(["--password-stdin"]).collect();
        let long = "x7Kq".repeat(32) + "x";
        for input in [
            "",
            "\n",
            "short\n",
            "password123\n",
            "Ada@example.org\n",
            &long,
        ] {
            assert_told(&site.run_with_input(&[], &words, input), &["password"]);
        }
        assert_eq!(rows(&site, "logins"), 1);
        assert_eq!(rows(&site, "changes"), 1);
        sign_in(&server, "root@example.org");
    }
}

#[test]
fn an_email_that_is_taken_at_once_is_one_admins() {
    for site in Site::each() {
        site.run(&["migrate"]).ok();
        let ran: Vec<Ran> = thread::scope(|scope| {
            let site = &site;
            let threads: Vec<_> = (0..3)
                .map(|_| scope.spawn(move || create_admin(site, "ada@example.org", &[])))
                .collect();
            let joined = threads.into_iter().map(|thread| thread.join());
            joined.map(|ran| ran.expect("it ends")).collect()
        });
        let (made, refused): (Vec<&Ran>, Vec<&Ran>) =
            ran.iter().partition(|ran| ran.status.success());
        assert_eq!(made.len(), 1, "{ran:?}");
        for ran in refused {
            assert_told(ran, &["mail", "ada@example.org"]);
        }
        assert_eq!(rows(&site, "logins"), 1);
        assert_eq!(rows(&site, "changes where topic = 'admin.created'"), 1);
        sign_in(&site.start(), "ada@example.org");
    }
}

#[test]
fn nobody_registers_unless_the_settings_say_so() {
    for site in Site::each() {
        site.run(&["migrate"]).ok();
        create_admin(&site, "root@example.org", &[]).ok();
        let server = site.start();
        let body = json!({ "email": "ada@example.org", "password": PASS, "name": "Ada" });
        let answer = server.anon().post(REGISTER, &body).ok(403);
        assert_eq!(answer["error"]["code"], "FORBIDDEN");
        let token = sign_in(&server, "root@example.org");
        let made = call(&server, &token, "POST", REGISTER, &body.to_string()).ok(201);
        assert_eq!(made["role"], "event_manager");
    }
}

#[test]
fn what_is_missing_is_said_before_anything_is_done() {
    let site = Site::bare();
    let cases: [(&[&str], &str); 7] = [
        (&["admin", "create", "--name", "Ada"], "--email"),
        (&["admin", "create", "--email", "a@example.org"], "--name"),
        (&["token", "create", "--scope", "events:write"], "--name"),
        (&["token", "revoke"], "ID"),
        (&["token", "list", "--nonsense"], "--nonsense"),
        (&["admin", "nonsense"], "nonsense"),
        (&["token", "nonsense"], "nonsense"),
    ];
    for (words, missing) in cases {
        let ran = site.run(words);
        assert_eq!(ran.status.code(), Some(2), "{ran:?}");
        assert_eq!(ran.stdout, "");
        let said = ran.stderr.to_uppercase();
        assert!(said.contains(&missing.to_uppercase()), "{missing}: {ran:?}");
    }
    let ran = site.run(&["token", "create", "--name", "Cron"]);
    assert!([Some(1), Some(2)].contains(&ran.status.code()), "{ran:?}");
    assert!(ran.stderr.contains("--scope"), "{ran:?}");
    assert!(site.names().is_empty(), "made: {:?}", site.names());
}

#[test]
fn the_help_of_every_sub_command_has_an_example() {
    let site = Site::bare();
    let cases: [(&[&str], &[&str]); 5] = [
        (
            &["admin", "create"],
            &["--email", "--name", "--role", "--password-stdin"],
        ),
        (&["admin", "list"], &[]),
        (
            &["token", "create"],
            &["--name", "--project", "--scope", "--expires"],
        ),
        (&["token", "list"], &[]),
        (&["token", "revoke"], &[]),
    ];
    for (command, options) in cases {
        let words: Vec<&str> = command.iter().copied().chain(["--help"]).collect();
        let ran = site.run(&words);
        let example = format!("Example: folkmoot {}", command.join(" "));
        for words in options.iter().copied().chain([example.as_str()]) {
            assert!(ran.ok().contains(words), "no {words:?}: {ran:?}");
        }
    }
    for role in ["super_admin", "event_manager", "analyst"] {
        let ran = site.run(&["admin", "create", "--help"]);
        assert!(ran.ok().contains(role), "no {role}: {ran:?}");
    }
    assert!(site.names().is_empty(), "made: {:?}", site.names());
}
