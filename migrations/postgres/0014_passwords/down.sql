DROP TABLE sign_in_windows;
DROP TABLE sign_in_attempts;
DROP TABLE refresh_tokens;
DROP TABLE grants;
DROP TABLE passwords;
