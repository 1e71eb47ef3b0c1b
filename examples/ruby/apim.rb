# Gets access tokens from the API platform, with nothing but Ruby's own library.

require "json"
require "net/http"
require "openssl"
require "securerandom"

class Apim
  class Refused < StandardError
    attr_reader :status, :error, :description, :message_id

    def initialize(status, told)
      @status = status
      @error, @description, @message_id = told.values_at("error", "error_description", "message_id")
      super("#{status} #{error}: #{description} (message_id #{message_id})")
    end
  end

  # An app of the platform: its API key, its private key, and the key's name in the app's key set.
  def initialize(token_url:, api_key:, key:, kid:)
    @token_url, @api_key, @key, @kid = token_url, api_key, key, kid
  end

  # Returns an access token for the person of whom CIS2 or NHS login has issued the id_token. Raises Refused.
  def exchange(id_token)
    answer = Net::HTTP.post_form(
      URI(@token_url),
      "grant_type" => "urn:ietf:params:oauth:grant-type:token-exchange",
      "subject_token_type" => "urn:ietf:params:oauth:token-type:id_token",
      "client_assertion_type" => "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      "subject_token" => id_token,
      "client_assertion" => assertion
    )
    told = JSON.parse(answer.body)
    raise Refused.new(answer.code.to_i, told) unless answer.code == "200"

    told["access_token"]
  end

  private

  # A signed JWT that is good for one request.
  def assertion
    header = { alg: "RS512", typ: "JWT", kid: @kid }
    claims = { iss: @api_key, sub: @api_key, aud: @token_url, jti: SecureRandom.uuid, exp: Time.now.to_i + 290 }
    signed = [header, claims].map { |part| base64url(JSON.generate(part)) }.join(".")
    "#{signed}.#{base64url(@key.sign("SHA512", signed))}"
  end

  def base64url(bytes)
    [bytes].pack("m0").tr("+/", "-_").delete("=")
  end
end
