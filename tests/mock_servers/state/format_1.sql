-- What format 1 was: as it was first written, and never changed since. Every file like it must always be read.

CREATE TABLE entries (
position INTEGER PRIMARY KEY, place TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL);
CREATE UNIQUE INDEX entries_by_key ON entries (place, key);
CREATE INDEX entries_by_age ON entries (place, position);
CREATE TABLE indexed (
place TEXT NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL, position INTEGER NOT NULL,
PRIMARY KEY (place, name, value, position)) WITHOUT ROWID;
CREATE INDEX indexed_by_position ON indexed (position);
CREATE TABLE places (
place TEXT PRIMARY KEY, size INTEGER NOT NULL, generation INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE probe (number INTEGER PRIMARY KEY, at REAL NOT NULL);
CREATE TRIGGER added AFTER INSERT ON entries BEGIN
INSERT INTO places VALUES (NEW.place, 1, abs(random() / 2))
ON CONFLICT (place) DO UPDATE SET size = size + 1, generation = generation + 1; END;
CREATE TRIGGER changed AFTER UPDATE ON entries BEGIN
UPDATE places SET generation = generation + 1 WHERE place = NEW.place; END;
CREATE TRIGGER removed AFTER DELETE ON entries BEGIN
UPDATE places SET size = size - 1, generation = generation + 1 WHERE place = OLD.place;
DELETE FROM indexed WHERE position = OLD.position; END;
PRAGMA application_id = 1852339041;
PRAGMA user_version = 1;

INSERT INTO entries VALUES (1, 'apps', CAST('"key"' AS BLOB), CAST('1 {"client_id":"client id","client_secret":"client secret","name":"name","kid":"kid","key_name":"key name","jwks":{"member":{"name":"TEST User","n":[1,1.5,null]}},"jwks_url":"jwks url","redirect_uris":["redirect uris"],"scopes":["scopes"],"approved":true,"key_approved":true,"developer_active":true,"company_active":true,"subscribed":true,"quota_per_minute":7,"environments":["environments"],"backchannel_logout_uri":"backchannel logout uri","post_logout_redirect_uris":["post logout redirect uris"],"cis2_auth_method":"client_secret_post","cis2_signing_algorithm":"RS512","grant_types":["authorization_code"],"cis2_realm_secret":"cis2 realm secret","nhs_login_realm_secret":"nhs login realm secret","registration":{"developer":"developer","app":"app","products":[{"proxies":["proxies"],"environments":["environments"]}],"expires_at":1790000000.5}}' AS BLOB));
INSERT INTO entries VALUES (2, 'people', CAST('["key","key"]' AS BLOB), CAST('1 {"provider":"provider","id":"id","level":"level","family_name":"family name","given_name":"given name","birthdate":"birthdate","acts_for":"acts for","claims":{"member":{"name":"TEST User","n":[1,1.5,null]}}}' AS BLOB));
INSERT INTO entries VALUES (3, 'jtis', CAST('"AP8="' AS BLOB), CAST('1 1790000000.5' AS BLOB));
INSERT INTO entries VALUES (4, 'quotas', x'5b22696e74222c2261222c22eda080225d', CAST('1 7' AS BLOB));
INSERT INTO entries VALUES (5, 'jwks', CAST('["key","key"]' AS BLOB), CAST('1 {"at":1790000000.5,"url":"url","keys":[{"member":{"name":"TEST User","n":[1,1.5,null]}}],"problem":"problem"}' AS BLOB));
INSERT INTO entries VALUES (6, 'codes', CAST('"key"' AS BLOB), CAST('1 {"log_in":{"provider":"provider","person":{"provider":"provider","id":"id","level":"level","family_name":"family name","given_name":"given name","birthdate":"birthdate","acts_for":"acts for","claims":{"member":{"name":"TEST User","n":[1,1.5,null]}}},"level":"level","client_id":"client id","at":1790000000.5,"session_id":"session id","nonce":"nonce","state":"state","scope":"scope","acr":"acr","vector":"vector","role":"role","actor":{"provider":"provider","id":"id","level":"level","family_name":"family name","given_name":"given name","birthdate":"birthdate","acts_for":"acts for","claims":{"member":{"name":"TEST User","n":[1,1.5,null]}}}},"redirect_uri":"redirect uri","expires_at":1790000000.5,"spent_at":1790000000.5}' AS BLOB));
INSERT INTO entries VALUES (7, 'provider_access_tokens', CAST('"key"' AS BLOB), CAST('1 {"log_in":{"provider":"provider","person":{"provider":"provider","id":"id","level":"level","family_name":"family name","given_name":"given name","birthdate":"birthdate","acts_for":"acts for","claims":{"member":{"name":"TEST User","n":[1,1.5,null]}}},"level":"level","client_id":"client id","at":1790000000.5,"session_id":"session id","nonce":"nonce","state":"state","scope":"scope","acr":"acr","vector":"vector","role":"role","actor":{"provider":"provider","id":"id","level":"level","family_name":"family name","given_name":"given name","birthdate":"birthdate","acts_for":"acts for","claims":{"member":{"name":"TEST User","n":[1,1.5,null]}}}},"scope":"scope","expires_at":1790000000.5}' AS BLOB));
INSERT INTO entries VALUES (8, 'provider_refresh_tokens', CAST('"key"' AS BLOB), CAST('1 {"log_in":{"provider":"provider","person":{"provider":"provider","id":"id","level":"level","family_name":"family name","given_name":"given name","birthdate":"birthdate","acts_for":"acts for","claims":{"member":{"name":"TEST User","n":[1,1.5,null]}}},"level":"level","client_id":"client id","at":1790000000.5,"session_id":"session id","nonce":"nonce","state":"state","scope":"scope","acr":"acr","vector":"vector","role":"role","actor":{"provider":"provider","id":"id","level":"level","family_name":"family name","given_name":"given name","birthdate":"birthdate","acts_for":"acts for","claims":{"member":{"name":"TEST User","n":[1,1.5,null]}}}},"scope":"scope","expires_at":1790000000.5,"spent_at":1790000000.5}' AS BLOB));
INSERT INTO entries VALUES (9, 'provider_sessions', CAST('"key"' AS BLOB), CAST('1 {"id":"id","log_in":{"provider":"provider","person":{"provider":"provider","id":"id","level":"level","family_name":"family name","given_name":"given name","birthdate":"birthdate","acts_for":"acts for","claims":{"member":{"name":"TEST User","n":[1,1.5,null]}}},"level":"level","client_id":"client id","at":1790000000.5,"session_id":"session id","nonce":"nonce","state":"state","scope":"scope","acr":"acr","vector":"vector","role":"role","actor":{"provider":"provider","id":"id","level":"level","family_name":"family name","given_name":"given name","birthdate":"birthdate","acts_for":"acts for","claims":{"member":{"name":"TEST User","n":[1,1.5,null]}}}},"at":1790000000.5,"expires_at":1790000000.5,"visits":[{"client_id":"client id","base":"base","redirect_uri":"redirect uri"}],"ended":true}' AS BLOB));
INSERT INTO entries VALUES (10, 'client_metadata', CAST('["key","key","key"]' AS BLOB), CAST('1 "client metadata"' AS BLOB));
INSERT INTO entries VALUES (11, 'access_tokens', CAST('"key"' AS BLOB), CAST('1 {"client_id":"client id","environment":"environment","scopes":["scopes"],"issued_at":1790000000.5,"expires_at":1790000000.5,"session":{"id":"id","provider":"provider","subject":"subject","issued_at":1790000000.5,"lifetime":1790000000.5,"refresh_lifetime":1790000000.5,"issuer":"issuer","people":"people","ends_before":7,"id_token":"id token","external_access_token":"external access token"},"issuer":"issuer","attributes":[["attributes","attributes"]],"refresh_token":"refresh token","revoked_at":1790000000.5}' AS BLOB));
INSERT INTO entries VALUES (12, 'refresh_tokens', CAST('"key"' AS BLOB), CAST('1 {"client_id":"client id","environment":"environment","scopes":["scopes"],"session":{"id":"id","provider":"provider","subject":"subject","issued_at":1790000000.5,"lifetime":1790000000.5,"refresh_lifetime":1790000000.5,"issuer":"issuer","people":"people","ends_before":7,"id_token":"id token","external_access_token":"external access token"},"count":7,"expires_at":1790000000.5,"family":"family","spent_at":1790000000.5,"revoked_at":1790000000.5}' AS BLOB));
INSERT INTO entries VALUES (13, 'pending', CAST('"key"' AS BLOB), CAST('1 {"mount":"mount","environment":"environment","client_id":"client id","scopes":["scopes"],"redirect_uri":"redirect uri","state":"state","provider":"provider","base":"base","callback_uri":"callback uri","expires_at":1790000000.5,"spent_at":1790000000.5}' AS BLOB));
INSERT INTO entries VALUES (14, 'platform_codes', CAST('"key"' AS BLOB), CAST('1 {"mount":"mount","environment":"environment","client_id":"client id","redirect_uri":"redirect uri","scopes":["scopes"],"session":{"id":"id","provider":"provider","subject":"subject","issued_at":1790000000.5,"lifetime":1790000000.5,"refresh_lifetime":1790000000.5,"issuer":"issuer","people":"people","ends_before":7,"id_token":"id token","external_access_token":"external access token"},"expires_at":1790000000.5,"spent_at":1790000000.5}' AS BLOB));
INSERT INTO entries VALUES (15, 'browser_sessions', CAST('["key","key","key"]' AS BLOB), CAST('1 {"ended":7,"ended_at":1790000000.5,"goes_on":true}' AS BLOB));
INSERT INTO entries VALUES (16, 'vouchable', CAST('["key","key","key"]' AS BLOB), CAST('1 {"provider":"provider","person":{"provider":"provider","id":"id","level":"level","family_name":"family name","given_name":"given name","birthdate":"birthdate","acts_for":"acts for","claims":{"member":{"name":"TEST User","n":[1,1.5,null]}}},"level":"level","client_id":"client id","at":1790000000.5,"session_id":"session id","nonce":"nonce","state":"state","scope":"scope","acr":"acr","vector":"vector","role":"role","actor":{"provider":"provider","id":"id","level":"level","family_name":"family name","given_name":"given name","birthdate":"birthdate","acts_for":"acts for","claims":{"member":{"name":"TEST User","n":[1,1.5,null]}}}}' AS BLOB));
INSERT INTO entries VALUES (17, 'issued', CAST('"AP8="' AS BLOB), CAST('1 {"kind":"kind","issuer":"issuer","client_id":"client id","person":"person","at":1790000000.5,"expires_at":1790000000.5,"environment":"environment","redeem_at":"redeem at","home":"home","only_at_home":true,"proof":"proof","spent_at":1790000000.5,"is_overheard":true}' AS BLOB));
INSERT INTO entries VALUES (18, 'developer_apps', CAST('["key","key"]' AS BLOB), CAST('1 {"id":"id","developer":"developer","name":"name","callback_url":"callback url","attributes":[["attributes","attributes"]],"scopes":["scopes"],"approved":true,"keys":[{"consumer_key":"consumer key","consumer_secret":"consumer secret","subscriptions":[{"product":"product","status":"approved"}],"attributes":[["attributes","attributes"]],"scopes":["scopes"],"approved":true,"issued_at":1790000000.5,"expires_at":1790000000.5}],"created_at":1790000000.5,"modified_at":1790000000.5}' AS BLOB));
INSERT INTO entries VALUES (19, 'app_ids', CAST('"key"' AS BLOB), CAST('1 ["app ids","app ids"]' AS BLOB));
INSERT INTO entries VALUES (20, 'developers', CAST('"key"' AS BLOB), CAST('1 ["developers"]' AS BLOB));
INSERT INTO entries VALUES (21, 'products', CAST('"key"' AS BLOB), CAST('1 {"name":"name","display_name":"display name","description":"description","proxies":["proxies"],"scopes":["scopes"],"environments":["environments"],"resources":["resources"],"approval_type":"approval type","attributes":[["attributes","attributes"]],"quota":[["quota","quota"]],"created_at":1790000000.5,"modified_at":1790000000.5}' AS BLOB));
INSERT INTO entries VALUES (22, 'faults', CAST('7' AS BLOB), CAST('1 {"id":7,"on":"on","do":"delay","times":7,"after":7,"client_id":"client id","seconds":1790000000.5,"status":7,"body":"body","content_type":"content type","processed":true,"kind":"html","policy":"quota","scope":"application","seen":7,"used":7}' AS BLOB));
INSERT INTO entries VALUES (23, 'apis', CAST('"key"' AS BLOB), CAST('1 {"path":"path","upstream":"upstream","scopes":["scopes"],"open":true}' AS BLOB));
INSERT INTO entries VALUES (24, 'clock', CAST('"key"' AS BLOB), CAST('1 {"ahead":1790000000.5,"stopped_at":1790000000.5}' AS BLOB));
INSERT INTO entries VALUES (25, 'origins', CAST('"key"' AS BLOB), CAST('1 7' AS BLOB));
INSERT INTO entries VALUES (26, 'seals', CAST('"key"' AS BLOB), CAST('1 "AP8="' AS BLOB));
INSERT INTO entries VALUES (27, 'keys', CAST('"key"' AS BLOB), CAST('1 "keys"' AS BLOB));
INSERT INTO entries VALUES (28, 'snapshots', CAST('"key"' AS BLOB), CAST('1 1790000000.5' AS BLOB));
INSERT INTO entries VALUES (29, 'seeded', CAST('"key"' AS BLOB), CAST('1 {"place":"place","digest":"digest"}' AS BLOB));
INSERT INTO entries VALUES (30, 'counters', CAST('"key"' AS BLOB), CAST('1 7' AS BLOB));
INSERT INTO entries VALUES (31, 'worlds', CAST('"key"' AS BLOB), CAST('1 {"name":"name","id":"id","used_at":1790000000.5,"config":{"member":{"name":"TEST User","n":[1,1.5,null]}}}' AS BLOB));
INSERT INTO entries VALUES (32, 'debug_sessions', CAST('["key","key"]' AS BLOB), CAST('1 [{"name":"name","begun_at":1790000000.5,"headers":[["headers","headers"]],"query":[["query","query"]],"transactions":[{"id":"id","variables":[["variables","variables"]]}]}]' AS BLOB));
INSERT INTO entries VALUES (33, 'exchanges', CAST('7' AS BLOB), CAST('1 {"id":7,"at":1790000000.5,"service":"service","method":"method","path":"path","status":7,"request":{"member":{"name":"TEST User","n":[1,1.5,null]}},"response":{"member":{"name":"TEST User","n":[1,1.5,null]}},"sent":{"member":"AP8="},"received":{"member":{"header":{"member":{"name":"TEST User","n":[1,1.5,null]}},"claims":{"member":{"name":"TEST User","n":[1,1.5,null]}}}},"client_id":"client id","message_id":"message id","refusal":{"code":"code","description":"description","rule":"rule","evidence":"evidence"},"diagnosis":"diagnosis","flow":"flow","steps":[{"policy":"policy","rule":"rule","state":"passed","words":"words"}],"headline":"headline","findings":[{"id":"id","certainty":"certain","seen":"seen","cause":"cause","cure":"cure","evidence":"evidence","row":"row","change":"change","difference":"difference"}],"then":["then"],"advice":["advice"],"jwts":{"member":"of it"}}' AS BLOB));
INSERT INTO entries VALUES (34, 'world%201/client_metadata', x'5b2263697332222c2261222c22eda080225d', CAST('1 "told"' AS BLOB));
INSERT INTO indexed VALUES ('apps', 'hash', CAST('"6TRSQ5WriqJlqI8QU4qwNLgZb7jTaeb+PVGe0WveQDA="' AS BLOB), 1);
INSERT INTO indexed VALUES ('apps', 'hash', CAST('"VTqmzthjH0VmX3ko547t02Ak3osiSlbWJT3XfuIwwCU="' AS BLOB), 1);
INSERT INTO indexed VALUES ('apps', 'jwks_url', CAST('"jwks url"' AS BLOB), 1);
INSERT INTO indexed VALUES ('apps', 'key name', CAST('"configured-2c70e12b7a0646f9"' AS BLOB), 1);
INSERT INTO indexed VALUES ('apps', 'key name', CAST('"key name"' AS BLOB), 1);
INSERT INTO indexed VALUES ('apps', 'word', CAST('"client id"' AS BLOB), 1);
INSERT INTO indexed VALUES ('apps', 'word', CAST('"client secret"' AS BLOB), 1);
INSERT INTO indexed VALUES ('apps', 'word', CAST('"kid"' AS BLOB), 1);
INSERT INTO indexed VALUES ('apps', 'word', CAST('"name"' AS BLOB), 1);
INSERT INTO indexed VALUES ('people', 'id', CAST('"key"' AS BLOB), 2);
INSERT INTO indexed VALUES ('people', 'provider', CAST('"key"' AS BLOB), 2);
INSERT INTO indexed VALUES ('jwks', 'owner', CAST('"key"' AS BLOB), 5);
INSERT INTO indexed VALUES ('codes', 'start', CAST('"key"' AS BLOB), 6);
INSERT INTO indexed VALUES ('provider_refresh_tokens', 'session', CAST('"session id"' AS BLOB), 8);
INSERT INTO indexed VALUES ('provider_refresh_tokens', 'start', CAST('"key"' AS BLOB), 8);
INSERT INTO indexed VALUES ('access_tokens', 'hash', CAST('"LHDhK3oGRvkiefQnx7OOczTY5Tic/xZ6HcMOc/gmtoM="' AS BLOB), 11);
INSERT INTO indexed VALUES ('access_tokens', 'start', CAST('"key"' AS BLOB), 11);
INSERT INTO indexed VALUES ('access_tokens', 'whose', CAST('["client","client id"]' AS BLOB), 11);
INSERT INTO indexed VALUES ('access_tokens', 'whose', CAST('["person","subject"]' AS BLOB), 11);
INSERT INTO indexed VALUES ('refresh_tokens', 'hash', CAST('"LHDhK3oGRvkiefQnx7OOczTY5Tic/xZ6HcMOc/gmtoM="' AS BLOB), 12);
INSERT INTO indexed VALUES ('refresh_tokens', 'start', CAST('"key"' AS BLOB), 12);
INSERT INTO indexed VALUES ('refresh_tokens', 'turn', CAST('["family",7]' AS BLOB), 12);
INSERT INTO indexed VALUES ('pending', 'state', CAST('"state"' AS BLOB), 13);
INSERT INTO indexed VALUES ('platform_codes', 'start', CAST('"key"' AS BLOB), 14);
INSERT INTO indexed VALUES ('developer_apps', 'product', CAST('"product"' AS BLOB), 18);
INSERT INTO indexed VALUES ('faults', 'on', CAST('"on"' AS BLOB), 22);
INSERT INTO indexed VALUES ('exchanges', 'hash', CAST('"AP8="' AS BLOB), 33);
INSERT INTO indexed VALUES ('exchanges', 'hash', CAST('"bZaVsPbw3oxzfBWhmbFlgAGvbk7w11YQnv/70Maa1Mk="' AS BLOB), 33);
INSERT INTO indexed VALUES ('exchanges', 'message id', CAST('"message id"' AS BLOB), 33);
