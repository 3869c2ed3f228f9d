//! Pictures of a comment: `/api/comments/{id}/images`.

use super::*;

const BAD: &str = "Error: image data could not be saved";
const SAVED: &str = "Image saved successfully";

fn url(n: usize) -> String {
    format!("https://img.example.org/{n}.png")
}

/// Addresses of pictures, numbered from `first`.
fn urls(first: usize, count: usize) -> Vec<String> {
    (first..first + count).map(url).collect()
}

/// Adds one picture, with its change, and answers it.
#[track_caller]
fn add(app: &App, client: &Client, comment: &Value, n: usize) -> Value {
    let reply = client.post(&images_path(comment), json!({ "image_url": url(n) }));
    let image = data(&reply, 201, SAVED);
    app.changes(&["comment.updated"]);
    image
}

/// The addresses of a comment's pictures, in their order.
#[track_caller]
fn shown(app: &App, comment: &Value) -> Vec<String> {
    let reply = app.anon().get(&images_path(comment));
    let images = data(&reply, 200, "all images successfully fetched");
    texts(images.as_array().expect("an array"), "image_url")
}

fn image_path(comment: &Value, image: &Value) -> String {
    format!("{}/{}", images_path(comment), text(&image["image_id"]))
}

/// A comment by `author` on an event of `creator`.
fn scene(app: &App, creator: &Client, author: &Client) -> (Value, Value) {
    let event = announce(app, creator, "Walk");
    let comment = say(app, author, &event, "Hello");
    (event, comment)
}

#[test]
fn one_address_is_answered_by_one_object() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let (event, comment) = scene(app, &ann, &bob);
        let image = add(app, &bob, &comment, 1);
        assert_eq!(keys(&image), ["comment_id", "image_id", "image_url"]);
        assert_eq!(image["comment_id"], comment["id"]);
        assert_eq!(image["image_url"], url(1));
        let (comments, _) = page(&app.anon(), &comments_path(&event), None);
        let expected = json!([{ "image_id": image["image_id"], "image_url": url(1) }]);
        assert_eq!(comments[0]["images"], expected);
    });
}

#[test]
fn a_list_of_addresses_is_answered_by_an_array() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let (_, comment) = scene(app, &ann, &ann);
        for (first, count) in [(0, 3), (3, 1)] {
            let body = json!({ "image_url_list": urls(first, count) });
            let images = data(&ann.post(&images_path(&comment), body), 201, SAVED);
            app.changes(&["comment.updated"]);
            let images = images.as_array().expect("an array");
            assert_eq!(texts(images, "image_url"), urls(first, count));
            for image in images {
                assert_eq!(keys(image), ["comment_id", "image_id", "image_url"]);
                assert_eq!(image["comment_id"], comment["id"]);
            }
        }
        assert_eq!(shown(app, &comment), urls(0, 4));
    });
}

#[test]
fn pictures_are_listed_in_the_order_they_came() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let event = announce(app, &ann, "Walk");
        let body = json!({ "body": "Look", "image_url_list": [url(9), url(5)] });
        let reply = ann.post(&comments_path(&event), body);
        let comment = data(&reply, 201, "Comment saved successfully");
        app.changes(&["comment.created"]);
        let mut images = vec![add(app, &ann, &comment, 7), add(app, &ann, &comment, 1)];
        let body = json!({ "image_url_list": [url(8), url(2)] });
        let mut more = data(&ann.post(&images_path(&comment), body), 201, SAVED);
        app.changes(&["comment.updated"]);
        images.append(more.as_array_mut().expect("an array"));

        let reply = app.anon().get(&images_path(&comment));
        let listed = data(&reply, 200, "all images successfully fetched");
        let listed = listed.as_array().expect("an array");
        assert_eq!(texts(listed, "image_url"), [9, 5, 7, 1, 8, 2].map(url));
        assert_eq!(listed[2..], images);
        let (comments, _) = page(&app.anon(), &comments_path(&event), None);
        let inside = comments[0]["images"].as_array().expect("an array");
        assert_eq!(texts(inside, "image_id"), texts(listed, "image_id"));
    });
}

#[test]
fn a_comment_without_pictures_has_an_empty_list() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let (_, comment) = scene(app, &ann, &ann);
        assert!(shown(app, &comment).is_empty());
        app.changes(&[]);
    });
}

#[test]
fn one_of_both_forms_must_be_given() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let (_, comment) = scene(app, &ann, &ann);
        let path = images_path(&comment);
        for body in [
            json!({}),
            json!({ "url": url(1) }),
            json!({ "image_url": url(1), "image_url_list": [url(2)] }),
            json!({ "image_url": 7 }),
            json!({ "image_url": [url(1)] }),
            json!({ "image_url_list": url(1) }),
            json!({ "image_url_list": [url(1), 7] }),
        ] {
            ann.post(&path, body).error(400, BAD);
        }
        for body in [json!([]), json!([url(1)]), json!(url(1)), json!(null)] {
            ann.post(&path, body).refused(400);
        }
        ann.raw("POST", &path, Some("application/json"), b"{")
            .refused(400);
        app.changes(&[]);
        assert!(shown(app, &comment).is_empty());
    });
}

#[test]
fn an_empty_list_adds_nothing() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let (_, comment) = scene(app, &ann, &ann);
        let reply = ann.post(&images_path(&comment), json!({ "image_url_list": [] }));
        assert!(
            [201, 400, 422].contains(&reply.status()),
            "{}",
            reply.text()
        );
        app.changes(&[]);
        assert!(shown(app, &comment).is_empty());
    });
}

#[test]
fn a_picture_has_an_http_address_of_at_most_2048_characters() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let (_, comment) = scene(app, &ann, &ann);
        let path = images_path(&comment);
        let too_long = url_of_length(2049);
        for bad in BAD_URLS
            .into_iter()
            .chain(["", "https://a.example/\0", too_long.as_str()])
        {
            ann.post(&path, json!({ "image_url": bad }))
                .invalid(&["image_url"]);
            let body = json!({ "image_url_list": [url(1), bad] });
            ann.post(&path, body).invalid(&["image_url_list"]);
        }
        app.changes(&[]);
        assert!(shown(app, &comment).is_empty());
        let longest = url_of_length(2048);
        let image = data(
            &ann.post(&path, json!({ "image_url": longest })),
            201,
            SAVED,
        );
        assert_eq!(image["image_url"], longest);
        app.changes(&["comment.updated"]);
    });
}

#[test]
fn a_comment_has_at_most_8_pictures_in_all() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let (_, comment) = scene(app, &ann, &ann);
        let path = images_path(&comment);
        ann.post(&path, json!({ "image_url_list": urls(0, 9) }))
            .invalid(&["image_url_list"]);
        app.changes(&[]);
        ann.post(&path, json!({ "image_url_list": urls(0, 7) }))
            .ok(201);
        app.changes(&["comment.updated"]);
        ann.post(&path, json!({ "image_url_list": urls(7, 2) }))
            .invalid(&["image_url_list"]);
        app.changes(&[]);
        let eighth = add(app, &ann, &comment, 7);
        ann.post(&path, json!({ "image_url": url(8) }))
            .invalid(&["image_url"]);
        app.changes(&[]);
        assert_eq!(shown(app, &comment), urls(0, 8));

        ann.delete(&image_path(&comment, &eighth)).no_content();
        app.changes(&["comment.updated"]);
        add(app, &ann, &comment, 9);
        assert_eq!(shown(app, &comment).len(), 8);
    });
}

#[test]
fn only_the_author_adds() {
    each(|app| {
        let [ann, bob, eve] = people(app, ["ann", "bob", "eve"]);
        let (_, comment) = scene(app, &ann, &bob);
        let path = images_path(&comment);
        for stranger in [&ann, &eve] {
            stranger
                .post(&path, json!({ "image_url": url(1) }))
                .refused(403);
            stranger
                .post(&path, json!({ "image_url_list": [url(1)] }))
                .refused(403);
        }
        app.anon()
            .post(&path, json!({ "image_url": url(1) }))
            .refused(401);
        app.changes(&[]);
        assert!(shown(app, &comment).is_empty());
    });
}

#[test]
fn only_the_author_removes() {
    each(|app| {
        let [ann, bob, eve] = people(app, ["ann", "bob", "eve"]);
        let (_, comment) = scene(app, &ann, &bob);
        let image = add(app, &bob, &comment, 1);
        let path = image_path(&comment, &image);
        ann.delete(&path).refused(403);
        eve.delete(&path).refused(403);
        app.anon().delete(&path).refused(401);
        app.changes(&[]);
        assert_eq!(shown(app, &comment), [url(1)]);

        bob.delete(&path).no_content();
        app.changes(&["comment.updated"]);
        bob.delete(&path).refused(404);
        app.changes(&[]);
        assert!(shown(app, &comment).is_empty());
    });
}

#[test]
fn a_picture_is_found_under_its_own_comment_only() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let (event, comment) = scene(app, &ann, &ann);
        let other = say(app, &ann, &event, "Other");
        let image = add(app, &ann, &comment, 1);
        ann.delete(&image_path(&other, &image)).refused(404);
        app.changes(&[]);
        assert_eq!(shown(app, &comment), [url(1)]);
        assert!(shown(app, &other).is_empty());
    });
}

#[test]
fn unknown_and_malformed_ids_are_not_found() {
    each(|app| {
        let [ann] = people(app, ["ann"]);
        let (_, comment) = scene(app, &ann, &ann);
        for id in MALFORMED.into_iter().chain([UNKNOWN]) {
            let path = format!("/api/comments/{id}/images");
            ann.get(&path).refused(404);
            ann.post(&path, json!({ "image_url": url(1) })).refused(404);
            ann.delete(&format!("{path}/{UNKNOWN}")).refused(404);
            ann.delete(&format!("{}/{id}", images_path(&comment)))
                .refused(404);
        }
        app.changes(&[]);
    });
}

#[test]
fn pictures_of_a_deleted_event_are_not_found() {
    each(|app| {
        let [ann, bob] = people(app, ["ann", "bob"]);
        let (event, comment) = scene(app, &ann, &bob);
        let image = add(app, &bob, &comment, 1);
        ann.delete(&event_path(&event)).no_content();
        app.changes(&["event.cancelled"]);
        bob.get(&images_path(&comment)).refused(404);
        bob.post(&images_path(&comment), json!({ "image_url": url(2) }))
            .refused(404);
        bob.delete(&image_path(&comment, &image)).refused(404);
        app.changes(&[]);
    });
}
