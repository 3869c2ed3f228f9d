//! Subscribers hear what committed, in an order that misses nothing.

use diesel::connection::SimpleConnection as _;

use super::connect;
use crate::support::*;

/// Makes somebody with an open account, and says that the person changed; the change tells the
/// subscribers to look whether there is still a user name, and there is none.
fn lose_user_name(app: &App, name: &str) -> String {
    let id = app.account(name, "vendor").id().to_owned();
    app.sql(&format!("delete from logins where user_id = '{id}'"));
    id
}

fn change(person: &str, number: u32) -> String {
    format!(
        "insert into changes (uuid, topic, subject, fields, audience, at)
         values ('01890000-0000-7000-8000-0000000000{number:02}', 'user.updated',
                 '{{\"user_id\":\"{person}\"}}', '[]', 'admins', '2031-06-14T10:00:00.000000Z')"
    )
}

fn is_closed(app: &App, person: &str) -> bool {
    let closed = format!(
        "select count(*) from company_accounts where user_id = '{person}' and search_key = ''"
    );
    app.count(&closed) == 1
}

#[test]
fn a_change_that_commits_after_a_later_one_is_heard_as_well() {
    each(|app| {
        let (slow, fast) = (lose_user_name(app, "slow"), lose_user_name(app, "fast"));
        app.deliver();
        if app.database() == Database::Sqlite {
            // There writes are one after the other.
            return;
        }
        let mut other = connect(app);
        let begin = format!("BEGIN; {}", change(&slow, 1));
        other.batch_execute(&begin).expect("a transaction is open");
        app.sql(&change(&fast, 2));
        app.deliver();
        assert!(is_closed(app, &fast), "it waits for nobody's transaction");
        assert!(!is_closed(app, &slow), "nobody knows of it yet");
        other.batch_execute("COMMIT").expect("it commits");
        app.deliver();
        assert!(is_closed(app, &slow), "it was passed over");
        let unnumbered = "select count(*) from changes where seq is null";
        assert_eq!(app.count(unnumbered), 0);
    });
}

#[test]
fn what_cannot_be_dealt_with_is_kept_and_the_next_is_heard() {
    each(|app| {
        let person = lose_user_name(app, "anna");
        app.deliver();
        // A change about nobody: a fault of ours, which is tried again and then refused.
        app.sql(&change("nonsense", 4));
        app.sql(&change(&person, 5));
        for _ in 0..5 {
            assert!(!app.try_deliver(), "it fails");
            assert!(!is_closed(app, &person), "nothing is passed over");
        }
        app.deliver();
        assert!(is_closed(app, &person));
        let refused = "select count(*) from bus_refusals where topic = 'user.updated'";
        assert_eq!(app.count(refused), 1);
    });
}
