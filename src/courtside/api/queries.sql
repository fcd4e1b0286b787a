-- name: add_token
INSERT INTO api_tokens (token_hash, user_id, name, may_write, expires_at)
VALUES (%(hash)s, %(user_id)s, %(name)s, %(may_write)s, now() + make_interval(days => %(days)s))

-- name: tokens_of_user
SELECT id, name, may_write, created_at, expires_at FROM api_tokens
WHERE user_id = %s AND revoked_at IS NULL AND expires_at > now()
ORDER BY id DESC

-- name: lock_user
SELECT id FROM users WHERE id = %s FOR UPDATE

-- name: revoke
UPDATE api_tokens SET revoked_at = now() WHERE id = %s AND user_id = %s AND revoked_at IS NULL

-- name: token
SELECT user_id, may_write FROM api_tokens
WHERE token_hash = %s AND revoked_at IS NULL AND expires_at > now()
