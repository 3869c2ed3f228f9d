DROP TABLE comment_likes;
ALTER TABLE comments RESET (fillfactor);
