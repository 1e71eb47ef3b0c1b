<?php

declare(strict_types=1);

use PHPUnit\Framework\TestCase;

require_once __DIR__ . '/Apim.php';

final class ApimTest extends TestCase
{
    /** @var resource */
    private static $mock;
    private static string $url;

    /** One mock for all tests of the class. */
    public static function setUpBeforeClass(): void
    {
        $command = ['nhsauth', 'serve', '--port', '0', '--json', '--log-level', 'error'];
        self::$mock = proc_open($command, [1 => ['pipe', 'w']], $pipes);
        self::$url = json_decode(fgets($pipes[1]) ?: '', true, flags: JSON_THROW_ON_ERROR)['url'];
    }

    public static function tearDownAfterClass(): void
    {
        proc_terminate(self::$mock);
    }

    public function testADoctorIsGreeted(): void
    {
        $token = $this->client()->exchange($this->idToken());

        $context = stream_context_create(['http' => ['header' => "Authorization: Bearer $token"]]);
        $answer = file_get_contents(self::$url . '/hello-world/hello/user', context: $context);
        $this->assertSame('{"message":"Hello User!"}', $answer);
    }

    public function testAnAuthorizationCodeIsNoIdToken(): void
    {
        try {
            $this->client()->exchange('an-authorization-code');
            $this->fail('It was not refused.');
        } catch (Refused $refusal) {
            $this->assertSame([400, 'Malformed JWT in subject_token'], [$refusal->status, $refusal->description]);
            $why = json_decode($this->get("exchanges/{$refusal->messageId}"), true);
            $this->assertStringContainsString('subject_token', $why['diagnosis']);
        }
    }

    /** The app that the mock knows from its start. */
    private function client(): Apim
    {
        $kid = json_decode($this->get('apps/nhsauth-app/jwks'), true)['keys'][0]['kid'];
        return new Apim(self::$url . '/oauth2/token', 'nhsauth-app', $this->get('apps/nhsauth-app/private-key'), $kid);
    }

    private function idToken(): string
    {
        $asked = json_encode(['provider' => 'cis2', 'user' => '656005750104']);
        $http = ['method' => 'POST', 'header' => 'Content-Type: application/json', 'content' => $asked];
        $answer = file_get_contents(self::$url . '/_nhsauth/id-tokens', context: stream_context_create(['http' => $http]));
        return json_decode($answer, true)['id_token'];
    }

    private function get(string $path): string
    {
        return file_get_contents(self::$url . "/_nhsauth/$path");
    }
}
