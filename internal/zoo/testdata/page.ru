# A page of the zoo on Puma.
require "json"
require "net/http"
require "uri"

def answered?(call)
  host, port = ENV.fetch("DEPENDENCY").split(":")
  http = Net::HTTP.new(host, port.to_i)
  http.max_retries = 0
  limit = call["timeout_ms"].to_i
  http.open_timeout = http.read_timeout = limit.zero? ? nil : limit / 1000.0
  http.start { |h| h.get("/", "Connection" => "close").code == "200" }
rescue SystemCallError, IOError, Net::OpenTimeout, Net::ReadTimeout
  false
end

run(lambda do |env|
  query = URI.decode_www_form(env["QUERY_STRING"].to_s).to_h
  page = JSON.parse(query.fetch("page", "{}"))
  sleep(page.fetch("ms", 0) / 1000.0)
  good = (page["calls"] || []).map { |call| answered?(call) }.all?
  [200, { "Content-Type" => "text/plain" }, [good ? "ok" : "fallback"]]
end)
