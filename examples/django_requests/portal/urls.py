from django.urls import path

from portal import views

urlpatterns = [
    path("", views.record, name="record"),
    path("log-in", views.log_in, name="log-in"),
    path("callback", views.callback, name="callback"),
    path("FHIR/R4/Appointment", views.appointments),
]
