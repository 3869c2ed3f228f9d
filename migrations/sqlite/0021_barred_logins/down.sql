DROP TABLE barred_logins;
