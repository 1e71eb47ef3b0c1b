url=https://int.api.service.nhs.uk/oauth2/token
curl -sS --data "$WRONG" -w ' %{http_code}\n' "$url"
curl -sS --data "$RIGHT" -w ' %{http_code}\n' "$url"
curl -sS -o /dev/null https://www.example.com/ || echo refused
