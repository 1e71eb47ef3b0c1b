// Package apim gets access tokens from the API platform, with nothing but Go's own library.
package apim

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Client is an app of the platform: its API key, its private key, and the key's name in the app's key set.
type Client struct {
	TokenURL, APIKey, KeyID string
	Key                     *rsa.PrivateKey
}

// Error is what the token service answers when it refuses.
type Error struct {
	Status      int
	Code        string `json:"error"`
	Description string `json:"error_description"`
	MessageID   string `json:"message_id"`
}

func (e *Error) Error() string {
	return fmt.Sprintf("%d %s: %s (message_id %s)", e.Status, e.Code, e.Description, e.MessageID)
}

// Exchange gets an access token for the person of whom CIS2 or NHS login has issued the id_token.
func (c *Client) Exchange(idToken string) (string, error) {
	assertion, err := c.assertion()
	if err != nil {
		return "", err
	}
	answer, err := http.PostForm(c.TokenURL, url.Values{
		"grant_type":            {"urn:ietf:params:oauth:grant-type:token-exchange"},
		"subject_token_type":    {"urn:ietf:params:oauth:token-type:id_token"},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		"subject_token":         {idToken},
		"client_assertion":      {assertion},
	})
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		refusal := &Error{Status: answer.StatusCode}
		if err := json.NewDecoder(answer.Body).Decode(refusal); err != nil {
			return "", err
		}
		return "", refusal
	}
	var token struct {
		AccessToken string `json:"access_token"`
	}
	err = json.NewDecoder(answer.Body).Decode(&token)
	return token.AccessToken, err
}

// assertion signs a JWT that is good for one request.
func (c *Client) assertion() (string, error) {
	header := map[string]string{"alg": "RS512", "typ": "JWT", "kid": c.KeyID}
	claims := map[string]any{
		"iss": c.APIKey, "sub": c.APIKey, "aud": c.TokenURL, "jti": rand.Text(), "exp": time.Now().Unix() + 290,
	}
	signed := part(header) + "." + part(claims)
	digest := sha512.Sum512([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, c.Key, crypto.SHA512, digest[:])
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), err
}

func part(value any) string {
	text, _ := json.Marshal(value) // maps of texts and numbers
	return base64.RawURLEncoding.EncodeToString(text)
}
