//! What an erased account leaves on disk: SQLite's files, read byte by byte. That a row is gone
//! does not mean that its text is: pages that are free, the log, and the index of the search
//! keep what was there until it is written over.

use std::thread;

use super::*;

/// What the person is called: in the name, the address, the picture and the login.
const NAME: &str = "Zebrafish-7431";

/// What stands in the database when the account is erased, one word for each place.
const NOW: [&str; 15] = [
    NAME,
    NEW_NAME,
    AVATAR,
    AGENT,
    TITLE,
    DESCRIPTION,
    LOCATION,
    THUMBNAIL,
    COMMENT,
    IMAGE,
    REASON,
    KEPT_ANSWER,
    DRAFT,
    CANCELLED,
    ADDRESS,
];

/// What stood there before: edited, deleted, or ended since.
const BEFORE: [&str; 9] = [
    OLD_TITLE,
    OLD_DESCRIPTION,
    OLD_LOCATION,
    OLD_COMMENT,
    OLD_IMAGE,
    OLD_REASON,
    OLD_AGENT,
    DELETED_COMMENT,
    DELETED_IMAGE,
];

const NEW_NAME: &str = "Quokkaberry";
const ADDRESS: &str = "Hoopoequill";
const AVATAR: &str = "Ibexsonnet";
const AGENT: &str = "Narwhalon";
const TITLE: &str = "Axolotlika";
const DESCRIPTION: &str = "Pangolinux";
const LOCATION: &str = "Cassowaryn";
const THUMBNAIL: &str = "Tarsiernook";
const COMMENT: &str = "Wombatique";
const IMAGE: &str = "Fennecwhirl";
const REASON: &str = "Lemurvane";
const KEPT_ANSWER: &str = "Ocelotrush";
const DRAFT: &str = "Kinkajouple";
const CANCELLED: &str = "Vicunaflux";
const OLD_TITLE: &str = "Okapifizz";
const OLD_DESCRIPTION: &str = "Tapirgleam";
const OLD_LOCATION: &str = "Serowmantle";
const OLD_COMMENT: &str = "Dugongrove";
const OLD_IMAGE: &str = "Kakapolish";
const OLD_REASON: &str = "Margayzest";
const OLD_AGENT: &str = "Numbatglen";
const DELETED_COMMENT: &str = "Civetbraid";
const DELETED_IMAGE: &str = "Jerboastone";

/// What another person says; it stays.
const OTHER: &str = "Budgerigarden";

/// Runs a test on SQLite only: what PostgreSQL keeps in its files is its operator's.
fn on_sqlite(test: impl Fn(&App)) {
    each(|app| {
        if app.database() == Database::Sqlite {
            test(app);
        }
    });
}

/// All bytes of the database's files, in small letters.
fn bytes(app: &App) -> String {
    let mut all = Vec::new();
    let mut files = 0;
    for entry in std::fs::read_dir(app.folder()).expect("the folder is read") {
        let entry = entry.expect("an entry of the folder");
        if entry.file_name().to_string_lossy().starts_with("test.db") {
            all.extend(std::fs::read(entry.path()).expect("the file is read"));
            // So that nothing is found across two files.
            all.push(0);
            files += 1;
        }
    }
    assert!(files >= 1, "the database is in this folder");
    all.make_ascii_lowercase();
    // What is no UTF-8 is replaced; the words are ASCII and stay as they are.
    String::from_utf8_lossy(&all).into_owned()
}

/// The words that the files hold. The index of the search may leave out of a word what it has in
/// common with the one before: the first two letters are not looked for.
fn found(app: &App, words: &[&'static str]) -> Vec<&'static str> {
    let bytes = bytes(app);
    let holds = |word: &&str| {
        let word = word.to_ascii_lowercase();
        let word = word.split('-').next().unwrap_or_default();
        bytes.contains(&word[2..])
    };
    words.iter().copied().filter(holds).collect()
}

/// Asserts that the files hold all of these words.
#[track_caller]
fn assert_there(app: &App, words: &[&'static str]) {
    assert_eq!(found(app, words), words, "these words are there");
}

/// Asserts that the files hold nothing of the person any more.
#[track_caller]
fn assert_gone(app: &App) {
    let words: Vec<&str> = NOW.into_iter().chain(BEFORE).collect();
    assert_eq!(found(app, &words), [""; 0], "nothing of these is left");
}

/// A description of 10 000 characters that ends in a word, which stands there twice: one of the
/// two may lie across the end of a page.
fn long(word: &str) -> String {
    let end = format!(" {word} and {word}");
    let mut text = "walking ".repeat(1250);
    text.truncate(10_000 - end.len());
    text + &end
}

fn url(word: &str) -> String {
    format!("https://img.example.org/{word}.png")
}

/// An event with a word in each of its texts.
fn event_of(title: &str, description: &str, location: &str) -> Value {
    let event = set(new_event(title), "description", description);
    set(event, "location", location)
}

/// Signs in, twice, and edits the profile.
fn arrive(app: &App) -> Client<'_> {
    let phone = app.anon().with("User-Agent", OLD_AGENT).sign_in(NAME);
    assert_there(app, &[NAME, OLD_AGENT]);
    phone.get("/api/auth/logout").no_content();
    let person = app.anon().with("User-Agent", AGENT).sign_in(NAME);
    let email = format!("{ADDRESS}@example.org");
    let profile = json!({ "name": NEW_NAME, "avatar": url(AVATAR), "email": email });
    person.put("/api/users", profile).ok(201);
    person
}

/// Makes events: one that is edited, one that is deleted, and one that is a draft.
fn announce_all(app: &App, person: &Client) -> Value {
    let old = event_of(OLD_TITLE, &long(OLD_DESCRIPTION), OLD_LOCATION);
    let event = create_event(person, old);
    assert_there(app, &[OLD_TITLE, OLD_DESCRIPTION, OLD_LOCATION]);
    let new = event_of(TITLE, &long(DESCRIPTION), LOCATION);
    let new = set(new, "thumbnail", url(THUMBNAIL));
    person.put(&event_path(&event), new).ok(201);
    let deleted = create_event(person, event_of(CANCELLED, CANCELLED, CANCELLED));
    person.delete(&event_path(&deleted)).no_content();
    let draft = create_event(person, event_of(DRAFT, DRAFT, DRAFT));
    let id = id_of(&draft);
    app.sql(&format!(
        "update events set visible = false where id = '{id}'"
    ));
    event
}

/// Writes a comment with a picture; answers it.
#[track_caller]
fn picture(client: &Client, event: &Value, body: &str, image: &str) -> Value {
    let body = json!({ "body": body, "image_url_list": [url(image)] });
    let reply = client.post(&comments_path(event), body);
    data(&reply, 201, "Comment saved successfully")
}

/// Comments on somebody's event: edited, deleted, or known from a kept answer alone.
fn discuss(app: &App, person: &Client, event: &Value) {
    let comment = picture(person, event, OLD_COMMENT, OLD_IMAGE);
    assert_there(app, &[OLD_COMMENT, OLD_IMAGE]);
    let edited = json!({ "body": COMMENT });
    person.put(&comment_path(&comment), edited).ok(200);
    let image = text(&comment["images"][0]["image_id"]);
    let image = format!("{}/{image}", images_path(&comment));
    person.delete(&image).no_content();
    let image = json!({ "image_url": url(IMAGE) });
    person.post(&images_path(&comment), image).ok(201);
    let deleted = picture(person, event, DELETED_COMMENT, DELETED_IMAGE);
    assert_there(app, &[DELETED_COMMENT, DELETED_IMAGE]);
    person.delete(&comment_path(&deleted)).no_content();
    let keyed = person.with("Idempotency-Key", "comment-1");
    let kept = picture(&keyed, event, KEPT_ANSWER, IMAGE);
    person.delete(&comment_path(&kept)).no_content();
    let answers = format!("body like '%{KEPT_ANSWER}%'");
    let answers = format!("select count(*) from idempotency_keys where {answers}");
    assert_eq!(app.count(&answers), 1, "the answer is kept");
    let again = report(person, "event", id_of(event), OLD_REASON);
    assert_there(app, &[OLD_REASON]);
    let report = report(person, "event", id_of(event), REASON);
    assert_eq!(report["id"], again["id"]);
}

#[test]
fn no_word_of_the_person_is_left_on_disk_when_the_call_is_answered() {
    on_sqlite(|app| {
        let bob = app.user("bob");
        let theirs = create_event(&bob, event_of(OTHER, &long(OTHER), OTHER));
        let person = arrive(app);
        let event = announce_all(app, &person);
        discuss(app, &person, &theirs);
        like(&bob, &picture(&person, &event, COMMENT, IMAGE));
        let said = picture(&bob, &theirs, OTHER, OTHER);
        assert_there(app, &NOW);
        assert_there(app, &[OTHER]);
        erase(&person);
        assert_gone(app);
        assert_there(app, &[OTHER]);
        let erased = "select count(*) from changes where topic = 'user.erased'";
        assert_eq!(app.count(erased), 1);
        // And it does not come back.
        app.clock().advance(TimeDelta::minutes(5));
        app.sweep();
        assert_gone(app);
        assert_nothing_remains(app, person.id());
        let seen = read_event(&bob, &theirs);
        assert_eq!(seen["description"], long(OTHER));
        let comments = walk(&bob, &comments_path(&theirs));
        let kept = comments.iter().find(|comment| comment["id"] == said["id"]);
        assert_eq!(kept.expect("what bob said")["body"], OTHER);
    });
}

/// How many events and comments each of two people makes.
const EVENTS: usize = 120;
const COMMENTS: usize = 1200;

/// Makes a person's and bob's events and comments side by side, so that they share pages.
fn fill(person: &Client, bob: &Client, event: &Value) {
    for _ in 0..EVENTS {
        create_event(person, event_of(TITLE, DESCRIPTION, LOCATION));
        create_event(bob, event_of(OTHER, OTHER, OTHER));
    }
    let path = &comments_path(event);
    thread::scope(|scope| {
        for (client, word) in [(person, COMMENT), (bob, OTHER)] {
            scope.spawn(move || {
                for n in 0..COMMENTS {
                    let body = format!("{word} {n}{}", " and so on".repeat(n % 20));
                    client.post(path, json!({ "body": body })).ok(201);
                }
            });
        }
    });
}

/// Asserts that bob's events and comments are all there, and the person's without texts.
#[track_caller]
fn assert_others_whole(app: &App, bob: &Client, event: &Value) {
    let anon = app.anon();
    let said = walk(&anon, &format!("{}?limit=100", comments_path(event)));
    assert_eq!(said.len(), 2 * COMMENTS);
    let (theirs, left): (Vec<Value>, Vec<Value>) = said
        .into_iter()
        .partition(|comment| comment["user_id"] == bob.id());
    assert_eq!(theirs.len(), COMMENTS);
    for comment in &theirs {
        assert!(text(&comment["body"]).starts_with(OTHER), "{comment}");
        assert_eq!(comment["author"]["name"], "bob");
    }
    for comment in &left {
        assert_eq!(comment["body"], "");
        assert_eq!(comment["author"]["name"], "deleted user");
    }
    let creator = format!("/api/events?limit=100&creator={}", bob.id());
    let found = format!("/api/events?limit=100&q={OTHER}");
    for list in [creator, found] {
        let events = walk(&anon, &list);
        assert_eq!(events.len(), EVENTS + 1, "{list}");
        for event in &events {
            for part in ["title", "description", "location"] {
                assert_eq!(event[part], OTHER);
            }
        }
    }
    for word in [TITLE, DESCRIPTION, LOCATION] {
        let found = page(&anon, &format!("/api/events?q={word}"), None).0;
        assert!(found.is_empty(), "{word}");
    }
}

#[test]
fn no_word_of_much_is_left_among_what_others_wrote() {
    on_sqlite(|app| {
        let bob = app.user("bob");
        let event = create_event(&bob, event_of(OTHER, OTHER, OTHER));
        let person = app.user(NAME);
        fill(&person, &bob, &event);
        assert_there(app, &[NAME, TITLE, DESCRIPTION, LOCATION, COMMENT, OTHER]);
        erase(&person);
        assert_gone(app);
        assert_there(app, &[OTHER]);
        recorded(
            app,
            &[
                ("user.created", 2),
                ("event.published", 2 * EVENTS + 1),
                ("comment.created", 2 * COMMENTS),
                ("event.cancelled", EVENTS),
                ("user.erased", 1),
            ],
        );
        assert_others_whole(app, &bob, &event);
        assert_nothing_remains(app, person.id());
        app.clock().advance(TimeDelta::minutes(5));
        app.sweep();
        assert_gone(app);
        assert_others_whole(app, &bob, &event);
    });
}

#[test]
fn no_word_is_left_after_a_sweep_although_others_read_and_write_meanwhile() {
    on_sqlite(|app| {
        let bob = app.user("bob");
        let event = create_event(&bob, event_of(OTHER, OTHER, OTHER));
        let person = app.user(NAME);
        for _ in 0..10 {
            create_event(&person, event_of(TITLE, &long(DESCRIPTION), LOCATION));
            picture(&person, &event, COMMENT, IMAGE);
        }
        assert_there(app, &[NAME, TITLE, DESCRIPTION, LOCATION, COMMENT, IMAGE]);
        thread::scope(|scope| {
            let (bob, event) = (&bob, &event);
            let busy = scope.spawn(move || {
                for _ in 0..40 {
                    picture(bob, event, OTHER, OTHER);
                    bob.get("/api/events?limit=100").ok(200);
                    bob.get(&comments_path(event)).ok(200);
                }
            });
            erase(&person);
            busy.join().expect("all was answered");
        });
        app.clock().advance(TimeDelta::minutes(5));
        app.sweep();
        assert_gone(app);
        assert_nothing_remains(app, person.id());
        let said = walk(&bob, &comments_path(&event));
        let mine = said.iter().filter(|comment| comment["body"] == OTHER);
        assert_eq!(mine.count(), 40);
        let recorded = "select count(*) from changes where topic = 'comment.created'";
        assert_eq!(app.count(recorded), 50);
    });
}
