package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

func main() {
	for _, body := range []string{os.Getenv("WRONG"), os.Getenv("RIGHT")} {
		answer, err := http.Post("https://int.api.service.nhs.uk/oauth2/token",
			"application/x-www-form-urlencoded", strings.NewReader(body))
		if err != nil {
			fmt.Println(err)
			continue
		}
		text, _ := io.ReadAll(answer.Body)
		fmt.Println(string(text), answer.StatusCode)
	}
	if _, err := http.Get("https://www.example.com/"); err != nil {
		fmt.Println("refused")
	}
}
