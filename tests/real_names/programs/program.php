<?php
function call(string $url, ?string $body): string
{
    $curl = curl_init($url);
    curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
    if ($body !== null) {
        curl_setopt($curl, CURLOPT_POSTFIELDS, $body);
    }
    $answer = curl_exec($curl);
    return $answer === false ? "refused" : $answer . " " . curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
}

foreach ([getenv("WRONG"), getenv("RIGHT")] as $body) {
    echo call("https://int.api.service.nhs.uk/oauth2/token", $body), "\n";
}
echo call("https://www.example.com/", null), "\n";
