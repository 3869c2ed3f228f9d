DROP TABLE comment_images;
DROP TABLE comments;
