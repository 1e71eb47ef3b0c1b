require "net/http"

url = URI("https://int.api.service.nhs.uk/oauth2/token")
[ENV["WRONG"], ENV["RIGHT"]].each do |body|
  answer = Net::HTTP.post(url, body, "Content-Type" => "application/x-www-form-urlencoded")
  puts "#{answer.body} #{answer.code}"
end
begin
  Net::HTTP.get(URI("https://www.example.com/"))
rescue StandardError
  puts "refused"
end
