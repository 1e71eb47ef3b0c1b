module example.org/apim

go 1.24
