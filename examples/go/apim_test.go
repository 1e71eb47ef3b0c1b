package apim

import (
	"bufio"
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"testing"
)

var mock string

// TestMain starts the mock once for all tests, and stops it.
func TestMain(m *testing.M) {
	serve := exec.Command("nhsauth", "serve", "--port", "0", "--json", "--log-level", "error")
	serve.Stderr = os.Stderr
	out, err := serve.StdoutPipe()
	if err == nil {
		err = serve.Start()
	}
	var ready struct{ URL string }
	if err == nil {
		line, _ := bufio.NewReader(out).ReadBytes('\n')
		err = json.Unmarshal(line, &ready)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "nhsauth is not ready:", err)
		os.Exit(1)
	}
	mock = ready.URL
	code := m.Run()
	serve.Process.Kill()
	os.Exit(code)
}

func TestADoctorIsGreeted(t *testing.T) {
	token, err := client(t).Exchange(idToken(t))
	if err != nil {
		t.Fatal(err)
	}

	request, _ := http.NewRequest("GET", mock+"/hello-world/hello/user", nil)
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if body, _ := io.ReadAll(answer.Body); string(body) != `{"message":"Hello User!"}` {
		t.Fatalf("the API answered %s", body)
	}
}

func TestAnAuthorizationCodeIsNoIDToken(t *testing.T) {
	_, err := client(t).Exchange("an-authorization-code")

	var refusal *Error
	if !errors.As(err, &refusal) {
		t.Fatalf("not refused: %v", err)
	}
	if refusal.Status != 400 || refusal.Description != "Malformed JWT in subject_token" {
		t.Fatalf("refused otherwise: %v", refusal)
	}
	t.Log(get(t, "/exchanges/"+refusal.MessageID)) // `go test -v` says why
}

// client is the app that the mock knows from its start.
func client(t *testing.T) *Client {
	var set struct{ Keys []struct{ Kid string } }
	if err := json.Unmarshal([]byte(get(t, "/apps/nhsauth-app/jwks")), &set); err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(get(t, "/apps/nhsauth-app/private-key")))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return &Client{TokenURL: mock + "/oauth2/token", APIKey: "nhsauth-app", KeyID: set.Keys[0].Kid, Key: key.(*rsa.PrivateKey)}
}

func idToken(t *testing.T) string {
	body := []byte(`{"provider": "cis2", "user": "656005750104"}`)
	answer, err := http.Post(mock+"/_nhsauth/id-tokens", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var told struct {
		IDToken string `json:"id_token"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&told); err != nil {
		t.Fatal(err)
	}
	return told.IDToken
}

func get(t *testing.T, path string) string {
	answer, err := http.Get(mock + "/_nhsauth" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	return string(body)
}
