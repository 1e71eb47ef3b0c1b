<?php

declare(strict_types=1);

/** What the token service answers when it refuses. */
final class Refused extends RuntimeException
{
    public function __construct(
        public readonly int $status,
        public readonly string $error,
        public readonly string $description,
        public readonly string $messageId,
    ) {
        parent::__construct("$status $error: $description (message_id $messageId)");
    }
}

/** Gets access tokens from the API platform, with nothing but PHP's own extensions. */
final class Apim
{
    /** An app of the platform: its API key, its private key as PEM, and the key's name in the app's key set. */
    public function __construct(
        private readonly string $tokenUrl,
        private readonly string $apiKey,
        private readonly string $pem,
        private readonly string $kid,
    ) {
    }

    /** Return an access token for the person of whom CIS2 or NHS login has issued the id_token; throws Refused. */
    public function exchange(string $idToken): string
    {
        $form = http_build_query([
            'grant_type' => 'urn:ietf:params:oauth:grant-type:token-exchange',
            'subject_token_type' => 'urn:ietf:params:oauth:token-type:id_token',
            'client_assertion_type' => 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
            'subject_token' => $idToken,
            'client_assertion' => $this->assertion(),
        ]);
        $call = curl_init($this->tokenUrl);
        curl_setopt_array($call, [CURLOPT_POSTFIELDS => $form, CURLOPT_RETURNTRANSFER => true]);
        $body = curl_exec($call);
        if ($body === false) {
            throw new RuntimeException(curl_error($call));
        }
        $told = json_decode($body, true, flags: JSON_THROW_ON_ERROR);
        $status = curl_getinfo($call, CURLINFO_RESPONSE_CODE);
        if ($status !== 200) {
            throw new Refused($status, $told['error'], $told['error_description'], $told['message_id']);
        }
        return $told['access_token'];
    }

    /** A signed JWT that is good for one request. */
    private function assertion(): string
    {
        $header = ['alg' => 'RS512', 'typ' => 'JWT', 'kid' => $this->kid];
        $claims = [
            'iss' => $this->apiKey,
            'sub' => $this->apiKey,
            'aud' => $this->tokenUrl,
            'jti' => bin2hex(random_bytes(16)),
            'exp' => time() + 290,
        ];
        $signed = self::base64url(json_encode($header)) . '.' . self::base64url(json_encode($claims));
        openssl_sign($signed, $signature, $this->pem, OPENSSL_ALGO_SHA512);
        return $signed . '.' . self::base64url($signature);
    }

    private static function base64url(string $bytes): string
    {
        return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
    }
}
