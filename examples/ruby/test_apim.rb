require "minitest/autorun"
require_relative "apim"

# One mock for all tests.
MOCK = IO.popen(%w[nhsauth serve --port 0 --json --log-level error])
MOCK_URL = JSON.parse(MOCK.gets || abort("nhsauth is not ready"))["url"]
Minitest.after_run { Process.kill("TERM", MOCK.pid) }

class ApimTest < Minitest::Test
  def test_a_doctor_is_greeted
    token = client.exchange(id_token)

    hello = URI("#{MOCK_URL}/hello-world/hello/user")
    assert_equal '{"message":"Hello User!"}', Net::HTTP.get(hello, { "Authorization" => "Bearer #{token}" })
  end

  def test_an_authorization_code_is_no_id_token
    refusal = assert_raises(Apim::Refused) { client.exchange("an-authorization-code") }

    assert_equal [400, "Malformed JWT in subject_token"], [refusal.status, refusal.description]
    why = JSON.parse(get("exchanges/#{refusal.message_id}"))
    assert_includes why["diagnosis"], "subject_token"
  end

  private

  # The app that the mock knows from its start.
  def client
    key = OpenSSL::PKey.read(get("apps/nhsauth-app/private-key"))
    kid = JSON.parse(get("apps/nhsauth-app/jwks"))["keys"].first["kid"]
    Apim.new(token_url: "#{MOCK_URL}/oauth2/token", api_key: "nhsauth-app", key: key, kid: kid)
  end

  def id_token
    asked = { provider: "cis2", user: "656005750104" }
    answer = Net::HTTP.post(URI("#{MOCK_URL}/_nhsauth/id-tokens"), asked.to_json, "Content-Type" => "application/json")
    JSON.parse(answer.body)["id_token"]
  end

  def get(path)
    Net::HTTP.get(URI("#{MOCK_URL}/_nhsauth/#{path}"))
  end
end
